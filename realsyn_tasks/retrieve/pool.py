"""Which stage had the last word on the candidates of each image: several are optional."""

from __future__ import annotations

from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.retrieve.group import POOLS


def last_pool(inputs: Inputs, before: str = "") -> str:
    """Name the last stage of this run that gave candidates; with `before`, the last before it."""
    earlier = POOLS[: POOLS.index(before)] if before else POOLS
    return next(name for name in reversed(earlier) if inputs.has(name))
