"""Line up each cluster in a seeded random order (paper §3.3: "random samples" of a cluster).

The order does not depend on the target, so a smaller scale keeps a part of what a larger one
keeps.
"""

from __future__ import annotations

import numpy as np

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.sample import schemas
from realsyn_tasks.sample.orders import Purpose, order_of
from realsyn_tasks.vectors.balance import balanced_ranks


class Config(StageConfig):
    """Nothing to choose: the order is the seed's."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Rank the images of this partition's clusters from 0, and count each cluster."""
    images = tables.ordered(inputs.table("assign_images", "images"), ["image_id"])
    clusters = images["cluster_id"].to_numpy()
    order = order_of(images["image_id"].to_pylist(), context.seed, Purpose.RANK)
    cluster_ids, sizes = np.unique(clusters, return_counts=True)
    columns = {
        "partition": images["shard"],
        "image_id": images["image_id"],
        "cluster_id": clusters,
        "rank": balanced_ranks(clusters, order).astype(np.int32),
        "order": order,
    }
    return Output(
        tables={
            "ranks": tables.build(schemas.RANKS, columns),
            "sizes": tables.build(
                schemas.CLUSTER_SIZES, {"cluster_id": cluster_ids, "size": sizes}
            ),
        }
    )
