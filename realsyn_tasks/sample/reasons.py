"""Why pairs are not in the sample."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason, Reasons

BELOW_BAND = Reason("below_band", "the text misses the picture: less similar than the band")
ABOVE_BAND = Reason("above_band", "the picture tends to show its text: more similar than the band")
TEXT_IN_PICTURE = Reason("text_in_picture", "too much of the picture is text (max_text_area)")
OVER_CAP = Reason("over_cap", "its cluster has enough pairs without it")

REASONS = Reasons(
    {
        "filter_pairs": {"pair": (TEXT_IN_PICTURE, BELOW_BAND, ABOVE_BAND)},
        "balance": {"pair": (OVER_CAP,)},
    }
)
