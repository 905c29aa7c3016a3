"""Assign each image of a pair in band to its nearest cluster (paper §3.3).

Very many clusters are looked up by groups of them, which misses the nearest now and then; how
often, is counted on some images of each shard, and the gate bounds it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output
from realsyn_tasks.sample import schemas
from realsyn_tasks.sample.group import CLUSTERS
from realsyn_tasks.vectors.kmeans import Nearest
from realsyn_tasks.vectors.product_config import ProductConfig

COMPARED = 32  # images of a shard that every cluster is looked at for


class Config(ProductConfig):
    """Nothing to choose: the clusters are fit_clusters'."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Key every image of the shard by its cluster."""
    context = config.applied(context)
    wanted = inputs.table("filter_pairs", "pairs", ["image_id"])["image_id"]
    images = inputs.table("corpus", "images", ["image_id", "embedding"])
    images = images.filter(pc.is_in(images["image_id"], value_set=wanted))
    clusters, counts = _assigned(tables.vectors_of(images), inputs, context)
    columns = {
        "partition": clusters % context.axes[CLUSTERS],
        "cluster_id": clusters,
        "image_id": images["image_id"],
        "shard": np.full(len(clusters), context.shard, dtype=np.int32),
    }
    table = tables.build(schemas.CLUSTERED, columns, ("image_id",))
    return Output(tables={"images": table}, counts=counts)


def _assigned(
    images: NDArray[np.float32], inputs: Inputs, context: Context
) -> tuple[NDArray[np.int32], dict[str, int]]:
    """Look up the nearest clusters; count how often they are, unless all were looked at."""
    if not len(images):
        return np.zeros(0, dtype=np.int32), {}
    near = inputs.of_fit("fit_clusters", "centroids", _ready, context.seed, context.device)
    clusters = near.assign(images, context.device)
    if not len(near.heads):
        return clusters, {}
    some = images[:COMPARED]
    right = round(near.agreement(some, device=context.device) * len(some))
    return clusters, {"compared": len(some), "nearest": right}


def _ready(centroids: pa.Table, seed: int, device: str | None) -> Nearest:
    return Nearest.of(tables.vectors_of(centroids), seed, device=device)
