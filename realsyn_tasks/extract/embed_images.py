"""Embed the images with the build's one encoder (paper §3.2)."""

from __future__ import annotations

import numpy as np

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract.images import holder
from realsyn_tasks.formats.pixels import decode, read_at


class Config(StageConfig):
    """How many images the encoder sees at once."""

    batch_size: int = 32
    max_side: int = 640  # px; larger ones are scaled down while decoding


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one vector per image, in the order of the images table."""
    images = inputs.table("filter_images", "images", ["image_id", "offset", "length"])
    encoder = context.model("encoder")
    vectors = np.zeros((0, encoder.dim), dtype=np.float32)
    with inputs.blob(holder(inputs), "pixels") as pixels:
        for start in range(0, images.num_rows, config.batch_size):
            rows = images.slice(start, config.batch_size).to_pylist()
            data = [read_at(pixels, row["offset"], row["length"]) for row in rows]
            decoded = [decode(item, config.max_side) for item in data]
            vectors = np.concatenate([vectors, encoder.encode_images(decoded)])
            context.progress(start + len(rows), images.num_rows)
    columns = {"image_id": images["image_id"], "embedding": vectors}
    return Output(tables={"vectors": tables.build(tables.IMAGE_VECTORS, columns)})
