"""Find the lists to search for each image.

The paper visits the single nearest cluster (§3.2), which finds about a third of the true three
nearest sentences; every further probe buys recall.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import chunks, keyed_tables, tables
from realsyn_tasks.core.stage import Context, Inputs, Output, Pieces
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.retrieve.lists import nearest_lists, partition_of
from realsyn_tasks.retrieve.queries import queries
from realsyn_tasks.vectors.product_config import ProductConfig

IMAGES_AT_ONCE = 1 << 10  # whose probes are put in order together


class Config(ProductConfig):
    """Nothing to choose: how many lists are probed is planned by fit_lists."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Key the shard's images by each partition that holds one of their lists.

    A partition gets an image's vector once, with its lists there, nearest first. Lists near each
    other share a partition, so an image is in few. Memory: the shard's vectors, 4 bytes a probe,
    and some 60 an image and partition; vectors are copied to partitions one row group at a time.
    """
    context = config.applied(context)
    images, device = queries(inputs), context.device
    nearest = nearest_lists(inputs, device)
    [plan] = inputs.of_fit("fit_lists", "plan", pa.Table.to_pylist)
    if not images.num_rows:
        return Output(tables={"probes": schemas.PROBES.empty_table()})
    images = tables.ordered(images, ["image_id"])
    probed = nearest.nearest(tables.vectors_of(images), plan["nprobe"], device)
    visits = _visits(probed, len(nearest.centroids), context.axes[LISTS])
    made = _keyed(images, visits, context.shard)
    return Output(tables={"probes": Pieces(schemas.PROBES, made)})


class Visits(NamedTuple):
    """Images, each with one partition that it visits, by partition and image."""

    images: np.ndarray  # (n,) int64 rows
    partitions: np.ndarray  # (n,) int32
    lists: pa.ChunkedArray  # there, nearest first


def _visits(probed: np.ndarray, count: int, partitions: int) -> Visits:
    """Give the visits of images that probe (n, p) of so many lists, -1 for none."""
    starts = range(0, len(probed), IMAGES_AT_ONCE)
    blocks = [
        _of_block(probed[start : start + IMAGES_AT_ONCE], start, count, partitions)
        for start in starts
    ]
    images, numbers, lengths, lists = map(np.concatenate, zip(*blocks, strict=True))
    offsets = np.append(0, np.cumsum(lengths)).astype(np.int32)
    order = np.argsort(numbers, kind="stable")
    visited = pa.chunked_array([pa.ListArray.from_arrays(pa.array(offsets), pa.array(lists))])
    return Visits(images[order], numbers[order], chunks.taken_column(visited, order))


def _of_block(
    probed: np.ndarray, start: int, count: int, partitions: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give images from `start` on, their partitions, how many lists there, and these lists."""
    image, rank = np.nonzero(probed >= 0)
    lists = probed[image, rank]
    numbers = partition_of(lists, count, partitions)
    order = np.lexsort((rank, numbers, image))
    image, numbers, lists = image[order], numbers[order], lists[order]
    new = (np.diff(image, prepend=-1) != 0) | (np.diff(numbers, prepend=-1) != 0)
    firsts = np.flatnonzero(new)
    lengths = np.diff(np.append(firsts, len(lists)))
    return image[firsts] + start, numbers[firsts], lengths, lists


def _keyed(images: pa.Table, visits: Visits, shard: int) -> Iterator[pa.Table]:
    """Give the table in the pieces that it is stored in, each with its copies of vectors."""
    light = pa.table(
        {
            tables.PARTITION: visits.partitions,
            "image_id": chunks.taken_column(images["image_id"], visits.images),
            "shard": np.full(len(visits.images), shard, dtype=np.int32),
            "lists": visits.lists,
        }
    )
    vectors = tables.halves_of(images)
    for rows in keyed_tables.cuts(light, vectors.itemsize * vectors.shape[1], columns=1):
        piece = light.slice(rows.start, len(rows))
        columns = {name: piece[name] for name in piece.column_names}
        columns["embedding"] = vectors[visits.images[rows.start : rows.stop]]
        yield tables.build(schemas.PROBES, columns)
