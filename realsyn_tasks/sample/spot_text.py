"""Find text in the pictures of pairs.

The paper cuts the pairs that score highest, since pictures of text do; what else scores high is the
best there is. So those are found by what they show (as T-MARS does, arXiv 2307.03132).
"""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.pictures.pixels import decode, read_at
from realsyn_tasks.sample import schemas


class Config(StageConfig):
    """How many pictures the detector sees at once, and how large."""

    batch_size: int = Field(default=16, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the share of each picture's area that lies under text, 0 to 1."""
    wanted = inputs.table("score_pairs", "pairs", ["image_id"])["image_id"]
    images = inputs.table("corpus", "images", ["image_id", "offset", "length"])
    mine = images.filter(pc.is_in(images["image_id"], value_set=wanted))
    images = tables.ordered(mine, ["image_id"])
    detector, areas = context.model("text_detector"), []
    with inputs.blob("corpus", "pixels") as pixels:
        for start in range(0, images.num_rows, config.batch_size):
            spans: list[dict[str, Any]] = (
                images.slice(start, config.batch_size).select(["offset", "length"]).to_pylist()
            )
            pictures = [decode(read_at(pixels, **span), config.max_side) for span in spans]
            areas.extend(detector.cover(pictures).tolist())
            context.progress(len(areas), images.num_rows)
    columns = {"image_id": images["image_id"], "text_area": areas}
    return Output(tables={"areas": tables.build(schemas.TEXT_AREAS, columns)})
