"""Which stage had the last word on the candidates of each image: several are optional."""

from __future__ import annotations

from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.retrieve.group import POOLS


def last_pool(inputs: Inputs, before: str = "") -> str:
    """Name the last stage of this run that gave candidates; with `before`, the last before it."""
    earlier = POOLS[: POOLS.index(before)] if before else POOLS
    return next(name for name in reversed(earlier) if inputs.has(name))


def unjudged(run: Workspace) -> str:
    """Name the last stage of a run that gave candidates of which none was let go as unlikely."""
    name: str = next(name for name in reversed(POOLS[:-1]) if run.runs(name))
    return name
