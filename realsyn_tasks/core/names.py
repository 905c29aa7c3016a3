"""What comes from outside and becomes a path: names, roots, URIs of runs, batches.

Imports nothing heavy: forms, commands and storage all ask here. Each refusal is a ConfigError.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote

from realsyn_tasks.core import redaction
from realsyn_tasks.core.errors import ConfigError

NAME = r"[a-z0-9][a-z0-9._-]*"
LONGEST = 200  # characters; a file system takes 255, with what temporary files add
SCHEMES = ("file", "s3")
_LIKE_A_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(:|//)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DIGEST = 7  # characters that may follow a name to make it unique


def safe_name(text: str, what: str) -> str:
    """Give the name of a run, crawl or version back if a folder, a pod and a URL can have it."""
    if not re.fullmatch(NAME, text) or ".." in text:
        raise ConfigError(
            f"{what} {text!r}: use small letters, digits, '-', '_' and single dots, first a letter"
            f" or digit, such as {slug(text)}"
        )
    if len(text) > LONGEST:
        raise ConfigError(f"{what} {text[:40]}…: it has {len(text)} characters; {LONGEST} fit")
    return text


def slug(text: str) -> str:
    """Make a name out of any text."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return name[: LONGEST - _DIGEST].strip("-") or "unnamed"


def safe_root(uri: str) -> str:
    """Give a root, or the place of a crawl or file, back if it is a plain path or a known URI.

    A scheme with a slip would else become a folder here, and a query would be dropped unseen.
    """
    if not uri or _CONTROL.search(uri):
        raise ConfigError(f"{uri!r} is no place: give a plain path, a file:// or an s3:// URI")
    if "://" in uri:
        _check_uri(uri)
    elif _LIKE_A_SCHEME.match(uri):
        raise ConfigError(
            f"{uri!r}: use a file:// or s3:// URI, or a plain path (./{uri} where that is meant)"
        )
    return uri


def _check_uri(uri: str) -> None:
    scheme, _, place = uri.partition("://")
    if scheme not in SCHEMES:
        raise ConfigError(f"{uri!r}: use a file:// or s3:// URI, or a plain path")
    shown = redaction.place(uri)
    if "?" in uri or "#" in uri:
        raise ConfigError(f"{shown!r}: a place has no query and no fragment (in a path: %3F, %23)")
    host, _, path = place.partition("/")
    if "@" in host:
        raise ConfigError(
            f"{shown!r}: a place has no user and no password; give credentials as AWS's clients"
            " take them (docs/operations.md, S3)"
        )
    if (scheme == "s3") != bool(host):
        form = "s3://BUCKET/PREFIX" if scheme == "s3" else "file:///PATH"
        raise ConfigError(f"{uri!r}: write {form}")
    segments = (unquote(path) if scheme == "file" else path).rstrip("/").split("/")
    if {".", ".."} & set(segments) or (scheme == "s3" and "" in segments and segments != [""]):
        raise ConfigError(f"{uri!r}: leave out empty segments, . and ..")


def listed(text: str) -> list[str]:
    """Give what is said with commas or line breaks between, each once, in order."""
    parts = (part.strip() for part in re.split(r"[,\n]", text))
    return list(dict.fromkeys(part for part in parts if part))


def run_uri(uri: str, folders: Collection[str]) -> tuple[str, str, str]:
    """Split the URI of a run into root, folder (one of those given) and name."""
    parts = uri.rstrip("/").rsplit("/", 2)
    if len(parts) != 3 or not parts[0] or parts[1] not in folders:
        known = " or ".join(f"ROOT/{folder}/NAME" for folder in folders)
        raise ConfigError(f"{uri} is not the URI of a run: {known}")
    return safe_root(parts[0]), parts[1], safe_name(parts[2], "the run")


def numbered(number: int, count: int, what: str) -> int:
    """Give the number of a batch or shard back if there is one of that number."""
    if not 0 <= number < count:
        known = f"there are 0 to {count - 1}" if count else "there is none"
        raise ConfigError(f"there is no {what} {number}; {known}")
    return number
