"""Find the lists to search for each image.

The paper visits the single nearest cluster (§3.2), which finds about a third of the true three
nearest sentences; every further probe buys recall.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.retrieve.lists import partition_of
from realsyn_tasks.retrieve.queries import queries
from realsyn_tasks.vectors.kmeans import Nearest
from realsyn_tasks.vectors.product_config import ProductConfig


class Config(ProductConfig):
    """Nothing to choose: how many lists are probed is planned by fit_lists."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Key the shard's images by each partition that holds one of their lists.

    A partition gets an image's vector once, with its lists there, nearest first. Lists near each
    other share a partition, so an image is in few.
    """
    context = config.applied(context)
    images, device = queries(inputs), context.device
    nearest = Nearest.of(tables.vectors_of(inputs.table("fit_lists", "centroids")), device=device)
    [plan] = inputs.table("fit_lists", "plan").to_pylist()
    if not images.num_rows:
        return Output(tables={"probes": schemas.PROBES.empty_table()})
    probed = nearest.nearest(tables.vectors_of(images), plan["nprobe"], device)
    rows, partitions, lists = _visits(probed, len(nearest.centroids), context.axes[LISTS])
    chosen = tables.taken(images, pa.array(rows))
    columns = {
        "image_id": chosen["image_id"],
        "embedding": chosen["embedding"],
        "lists": lists,
        tables.PARTITION: partitions,
        "shard": np.full(len(rows), context.shard, dtype=np.int32),
    }
    table = tables.build(schemas.PROBES, columns, ["image_id", tables.PARTITION])
    return Output(tables={"probes": table})


def _visits(
    probed: np.ndarray, count: int, partitions: int
) -> tuple[np.ndarray, np.ndarray, pa.ListArray]:
    """Give rows of images, each with one partition that it visits, and with its lists there."""
    image, rank = np.nonzero(probed >= 0)
    lists = probed[image, rank]
    numbers = partition_of(lists, count, partitions)
    order = np.lexsort((rank, numbers, image))
    image, numbers, lists = image[order], numbers[order], lists[order]
    new = (np.diff(image, prepend=-1) != 0) | (np.diff(numbers, prepend=-1) != 0)
    firsts = np.flatnonzero(new)
    offsets = np.append(firsts, len(lists)).astype(np.int32)
    return image[firsts], numbers[firsts], pa.ListArray.from_arrays(pa.array(offsets), lists)
