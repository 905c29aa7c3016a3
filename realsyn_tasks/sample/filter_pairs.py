"""Keep pairs whose image and synthetic text are similar, but not too similar (paper §3.3).

Below the band the text misses the picture; above it the picture tends to show its own text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.sample import reasons


class Config(StageConfig):
    """Nothing to choose: the band is fit_band's."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Split the shard's pairs by the fitted band."""
    pairs = inputs.table("score_pairs", "pairs")
    [band] = inputs.table("fit_band", "band").to_pylist()
    scores = pairs["syn_score"].to_numpy().astype(np.float64)
    below, above = scores < band["low"], scores > band["high"]
    return Output(
        tables={"pairs": pairs.filter(pa.array(~(below | above)))},
        dropped=[
            *_dropped(pairs, scores, below, reasons.BELOW_BAND),
            *_dropped(pairs, scores, above, reasons.ABOVE_BAND),
        ],
    )


def _dropped(
    pairs: pa.Table, scores: np.ndarray[Any, Any], chosen: np.ndarray[Any, Any], reason: Reason
) -> list[Dropped]:
    ids = pairs["image_id"].to_pylist()
    return [
        Dropped("pair", ids[row], reason, f"similarity {scores[row]:.4f}")
        for row in np.flatnonzero(chosen)
    ]
