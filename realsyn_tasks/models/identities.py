"""How the backends word what a model is."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.models.digests import SHORT


def changes(options: Frozen, without: Collection[str] = ()) -> str:
    """Word the options that are not the defaults: "-classes=5-power=0.4"; long ones by digest."""
    changed = options.model_dump(mode="json", exclude_defaults=True, exclude=set(without))
    return "".join(f"-{name}={_short(str(value))}" for name, value in sorted(changed.items()))


def text_digest(text: str) -> str:
    """Digest a text, in as many digits as identities have."""
    return hashlib.sha256(text.encode()).hexdigest()[:SHORT]


def _short(value: str) -> str:
    return value if len(value) <= SHORT and value.isprintable() else text_digest(value)
