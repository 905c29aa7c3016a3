"""Images of a corpus shard, decoded batch by batch, a batch ahead of whoever looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any, BinaryIO

import pyarrow as pa
from PIL.Image import Image

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs
from realsyn_tasks.models.ahead import drawn_ahead
from realsyn_tasks.pictures.pixels import decode, read_at

COLUMNS = ["image_id", "offset", "length"]


def decoded(
    inputs: Inputs, context: Context, batch_size: int, max_side: int, columns: list[str]
) -> Iterator[tuple[pa.Table, list[Image]]]:
    """Give the shard's images in order of id: rows of a batch, and their pictures."""
    images = tables.ordered(inputs.table("corpus", "images", [*COLUMNS, *columns]), ["image_id"])
    with inputs.blob("corpus", "pixels") as pixels:
        made, done = _batches(images, pixels, batch_size, max_side), 0
        with closing(drawn_ahead(made, depth=1)) as batches:
            for rows, pictures in batches:
                yield rows, pictures
                done += rows.num_rows
                context.progress(done, images.num_rows)


def _batches(
    images: pa.Table, pixels: BinaryIO, batch_size: int, max_side: int
) -> Iterator[tuple[pa.Table, list[Image]]]:
    for start in range(0, images.num_rows, batch_size):
        rows = images.slice(start, batch_size)
        spans: list[dict[str, Any]] = rows.select(["offset", "length"]).to_pylist()
        yield rows, [decode(read_at(pixels, **span), max_side) for span in spans]
