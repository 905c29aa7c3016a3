"""Drop pairs whose picture is one of text, and those whose synthetic text misses it (paper §3.3).

How much is too much was judged on 160 pictures of the sample crawl: above 0.02 of the area are ten
windows of programs and five pictures that are not of text (white lines on black, a panorama); below
it are a window with a photograph and drawings with a label.

A pair without a synthetic text has no score, and nothing to be dropped for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.sample import reasons

Values = np.ndarray[Any, Any]


class Config(StageConfig):
    """How much of a picture may be text; the band is fit_band's."""

    max_text_area: float | None = Field(default=0.02, ge=0, le=1)  # null: any


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Split the shard's pairs by their pictures' text and by the fitted band."""
    pairs = inputs.table("score_pairs", "pairs")
    [band] = inputs.table("fit_band", "band").to_pylist()
    scores = pairs["syn_score"].to_numpy().astype(np.float64)  # NaN for null: in no comparison
    areas = _areas(inputs, pairs, config)
    text = areas > (1 if config.max_text_area is None else config.max_text_area)
    below, above = ~text & (scores < band["low"]), ~text & (scores > band["high"])
    return Output(
        tables={"pairs": pairs.filter(pa.array(~(text | below | above)))},
        dropped=[
            *_dropped(pairs, areas, text, reasons.TEXT_IN_PICTURE, "text area"),
            *_dropped(pairs, scores, below, reasons.BELOW_BAND, "similarity"),
            *_dropped(pairs, scores, above, reasons.ABOVE_BAND, "similarity"),
        ],
    )


def _areas(inputs: Inputs, pairs: pa.Table, config: Config) -> Values:
    """Give the share of text of each pair's picture; 0 where nobody looked."""
    if config.max_text_area is None:
        return np.zeros(pairs.num_rows)
    rows = inputs.table("spot_text", "areas").to_pylist()
    area_by_image = {row["image_id"]: row["text_area"] for row in rows}
    return np.array([area_by_image[image] for image in pairs["image_id"].to_pylist()], dtype=float)


def _dropped(
    pairs: pa.Table, values: Values, chosen: Values, reason: Reason, what: str
) -> list[Dropped]:
    ids = pairs["image_id"].to_pylist()
    return [
        Dropped("pair", ids[row], reason, f"{what} {values[row]:.4f}")
        for row in np.flatnonzero(chosen)
    ]
