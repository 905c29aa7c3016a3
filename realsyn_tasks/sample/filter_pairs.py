"""Drop pairs whose picture is one of text, and those whose synthetic text misses it (paper §3.3).

How much is too much was judged on 160 pictures of the sample crawl: above 0.02 of the area are ten
windows of programs and five pictures that are not of text (white lines on black, a panorama); below
it are a window with a photograph and drawings with a label.

A pair without a synthetic text has no score, and nothing to be dropped for.

Of the pictures that stay, a random sample is drawn here, where every shard is read anyway: what the
clusters are fitted to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.sample import reasons, schemas
from realsyn_tasks.sample.orders import Purpose, order_of

Values = np.ndarray[Any, Any]
EVERYTHING = 1 << 64  # places in a random order


class Config(StageConfig):
    """How much of a picture may be text, and how many pictures are drawn; the band is fit_band's.

    All of them are, where there are no more.
    """

    max_text_area: float | None = Field(default=0.02, ge=0, le=1)  # null: any
    max_drawn: int = Field(
        default=1_000_000, ge=1
    )  # fit_clusters holds 4 bytes a dimension of each


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Split the shard's pairs by their pictures' text and by the fitted band."""
    pairs = inputs.table("score_pairs", "pairs")
    [band] = inputs.of_fit("fit_band", "band", pa.Table.to_pylist)
    scores = pairs["syn_score"].to_numpy().astype(np.float64)  # NaN for null: in no comparison
    areas = _areas(inputs, pairs, config)
    text = areas > (1 if config.max_text_area is None else config.max_text_area)
    below, above = ~text & (scores < band["low"]), ~text & (scores > band["high"])
    kept = pairs.filter(pa.array(~(text | below | above)))
    limit = drawn_below(config.max_drawn, band["pairs"])
    return Output(
        tables={"pairs": kept, "drawn": _drawn(inputs, kept["image_id"], limit, context)},
        dropped=[
            *_dropped(pairs, areas, text, reasons.TEXT_IN_PICTURE, "text area"),
            *_dropped(pairs, scores, below, reasons.BELOW_BAND, "similarity"),
            *_dropped(pairs, scores, above, reasons.ABOVE_BAND, "similarity"),
        ],
    )


def drawn_below(wanted: int, pairs: int) -> int:
    """Give the end of the places in a random order that hold about so many of the pairs."""
    return EVERYTHING if pairs <= wanted else EVERYTHING * wanted // pairs


def _drawn(inputs: Inputs, kept: pa.ChunkedArray, limit: int, context: Context) -> pa.Table:
    """Give the vectors of the pictures that come first in the order of FIT."""
    order = order_of(kept.to_pylist(), context.seed, Purpose.FIT)
    wanted = kept.filter(pa.array(order <= np.uint64(limit - 1)))
    images = inputs.table("corpus", "images", ["image_id", "embedding"])
    rows = pc.index_in(wanted, value_set=images["image_id"])
    vectors = tables.vectors_of(images)[rows.to_numpy()]
    return tables.build(schemas.DRAWN_IMAGES, {"image_id": wanted, "embedding": vectors})


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
