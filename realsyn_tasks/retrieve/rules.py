"""Which settings decide the reasons of a retrieval."""

from __future__ import annotations

from realsyn_tasks.core.rules import Rule, Rules
from realsyn_tasks.retrieve import reasons

RULES = Rules(
    (Rule("merge_matches", (reasons.NO_MATCH,), ("min_score",), decided_in="pool_candidates"),),
)
