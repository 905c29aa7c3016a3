"""Which stage had the last word on the candidates of each image: several are optional."""

from __future__ import annotations

from realsyn_tasks.core.stage import Inputs

STAGES = ("pool_candidates", "rerank_candidates", "judge_candidates")  # each reads the one before


def last_pool(inputs: Inputs, before: str = "") -> str:
    """Name the last stage of this run that gave candidates; with `before`, the last before it."""
    earlier = STAGES[: STAGES.index(before)] if before else STAGES
    return next(name for name in reversed(earlier) if inputs.has(name))
