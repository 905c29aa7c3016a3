"""Where a deployment reads and writes: below the prefixes that it names, or anywhere.

REALSYN_PREFIXES   URIs or paths, with commas between them; REALSYN_ROOT then counts as one more

With none named (an engineer's shell, one machine), any place may be a root or a crawl. Links are
followed before a place is compared, so that none leads out. Imports nothing heavy.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import urlsplit
from urllib.request import url2pathname

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.names import safe_root

VARIABLE = "REALSYN_PREFIXES"


def named() -> tuple[str, ...]:
    """Give the prefixes that this deployment names, its root last; none: everything is allowed."""
    words = [word.strip() for word in os.environ.get(VARIABLE, "").split(",")]
    chosen = [word for word in words if word]
    root = os.environ.get("REALSYN_ROOT", "")
    return tuple(dict.fromkeys([*chosen, *([root] if root and chosen else [])]))


def allowed(uri: str) -> str:
    """Give a place back if this deployment may read and write there; ConfigError if not."""
    prefixes = named()
    return below(uri, prefixes) if prefixes else safe_root(uri)


def below(uri: str, prefixes: Iterable[str]) -> str:
    """Give a place back if it is one of these prefixes or below one; ConfigError names them."""
    known = tuple(prefixes)
    place = real(uri)
    if not any(f"{place}/".startswith(f"{real(prefix).rstrip('/')}/") for prefix in known):
        raise ConfigError(
            f"{uri} is outside of what this deployment reads and writes: {', '.join(known)};"
            f" choose a place below, or name another in {VARIABLE}"
        )
    return uri


def real(uri: str) -> str:
    """Give the one spelling of a place: a real path without links, or s3://BUCKET/KEY."""
    safe_root(uri)
    if uri.startswith("s3://"):
        return uri.rstrip("/")
    path = url2pathname(urlsplit(uri).path) if uri.startswith("file://") else uri
    return os.path.realpath(path)
