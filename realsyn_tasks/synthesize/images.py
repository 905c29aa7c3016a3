"""Images of a corpus shard, decoded batch by batch, a batch ahead of whoever looks at them.

Beside a GPU by as many threads as there are cores, so that it waits for pictures little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any, BinaryIO

import pyarrow as pa
from PIL.Image import Image

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs
from realsyn_tasks.models.ahead import drawn_ahead, worker_count
from realsyn_tasks.pictures.pixels import decode, read_at

COLUMNS = ["image_id", "offset", "length"]


def decoded(
    inputs: Inputs, context: Context, batch_size: int, max_side: int, columns: list[str]
) -> Iterator[tuple[pa.Table, list[Image]]]:
    """Give the shard's images in order of id: rows of a batch, and their pictures."""
    images = tables.ordered(inputs.table("corpus", "images", [*COLUMNS, *columns]), ["image_id"])
    workers = worker_count(0, context.device or "cpu")
    with inputs.blob("corpus", "pixels") as pixels, ThreadPoolExecutor(workers, "decode") as pool:
        made, done = _batches(images, pixels, batch_size, partial(_decoded, pool, max_side)), 0
        with closing(drawn_ahead(made, depth=1)) as batches:
            for rows, pictures in batches:
                yield rows, pictures
                done += rows.num_rows
                context.progress(done, images.num_rows)


def _batches(
    images: pa.Table, pixels: BinaryIO, batch_size: int, made: Callable[[list[bytes]], list[Image]]
) -> Iterator[tuple[pa.Table, list[Image]]]:
    for start in range(0, images.num_rows, batch_size):
        rows = images.slice(start, batch_size)
        spans: list[dict[str, Any]] = rows.select(["offset", "length"]).to_pylist()
        yield rows, made([read_at(pixels, **span) for span in spans])


def _decoded(pool: ThreadPoolExecutor, max_side: int, files: list[bytes]) -> list[Image]:
    return list(pool.map(partial(decode, max_side=max_side), files))
