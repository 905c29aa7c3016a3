"""Which settings decide the reasons of a retrieval."""

from __future__ import annotations

from realsyn_tasks.core.rules import Rule, Rules, Settings, unset
from realsyn_tasks.retrieve import reasons

LICENCES = ("refused_licences", "allowed_licences")


def _no_list(settings: Settings) -> bool:
    return not any(settings[name] for name in LICENCES)


RULES = Rules(
    (
        Rule("filter_licences", (reasons.LICENCE,), LICENCES, _no_list),
        Rule("merge_matches", (reasons.NO_MATCH,), ("min_score",), decided_in="pool_candidates"),
        Rule(
            "merge_matches",
            (reasons.NO_RELEVANT_TEXT,),
            ("target_precision",),
            unset("target_precision"),
            "fit_relevance",
        ),
    ),
)
