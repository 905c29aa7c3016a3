"""Find the lists to search for each image.

The paper visits the single nearest cluster (§3.2), which finds about a third of the true three
nearest sentences; every further probe buys recall.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.retrieve.queries import queries
from realsyn_tasks.vectors import search


class Config(StageConfig):
    """Nothing to choose: how many lists are probed is planned by fit_lists."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Key the shard's images by each partition that holds one of their lists."""
    images = queries(inputs)
    centroids = tables.vectors_of(inputs.table("fit_lists", "centroids"))
    [plan] = inputs.table("fit_lists", "plan").to_pylist()
    vectors = tables.vectors_of(images)
    probed = search.probe(vectors, centroids, plan["nprobe"]) if len(vectors) else np.zeros((0, 1))
    partitions = context.axes[LISTS]
    rows = [_columns(images, probed, number, partitions) for number in range(partitions)]
    columns: dict[str, Any] = {
        name: [value for row in rows for value in row[name]] for name in rows[0]
    }
    columns["embedding"] = vectors[columns.pop("row")]
    columns["shard"] = [context.shard] * len(columns["image_id"])
    table = tables.build(schemas.PROBES, columns, ["image_id", tables.PARTITION])
    return Output(tables={"probes": table})


def _columns(images: Any, probed: np.ndarray, number: int, partitions: int) -> dict[str, list[Any]]:
    """Give the images that probe a list of one partition, with those lists."""
    here = probed % partitions == number
    chosen = np.flatnonzero(here.any(axis=1))
    return {
        tables.PARTITION: [number] * len(chosen),
        "image_id": images["image_id"].take(chosen).to_pylist(),
        "lists": [np.sort(probed[row][here[row]]).astype(np.int32) for row in chosen],
        "row": chosen.tolist(),
    }
