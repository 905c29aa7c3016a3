"""Which settings decide whether a pair is in the sample."""

from __future__ import annotations

from realsyn_tasks.core.rules import Rule, Rules, Settings, unset
from realsyn_tasks.sample import reasons

BAND = "fit_band"


def _no_upper_cut(settings: Settings) -> bool:
    return settings["high"] is None and settings["quantile_high"] == 1


RULES = Rules(
    (
        Rule(
            "filter_pairs",
            (reasons.TEXT_IN_PICTURE,),
            ("max_text_area",),
            unset("max_text_area"),
        ),
        Rule("filter_pairs", (reasons.BELOW_BAND,), ("quantile_low", "low"), decided_in=BAND),
        Rule("filter_pairs", (reasons.ABOVE_BAND,), ("quantile_high", "high"), _no_upper_cut, BAND),
        Rule("balance", (reasons.OVER_CAP,)),
    ),
)
