"""Which settings decide whether a pair is in the sample."""

from __future__ import annotations

from realsyn_tasks.core.rules import Rule, Rules
from realsyn_tasks.sample import reasons

BAND = "fit_band"

RULES = Rules(
    (
        Rule("filter_pairs", (reasons.BELOW_BAND,), ("quantile_low", "low"), decided_in=BAND),
        Rule("filter_pairs", (reasons.ABOVE_BAND,), ("quantile_high", "high"), decided_in=BAND),
        Rule("balance", (reasons.OVER_CAP,)),
    ),
)
