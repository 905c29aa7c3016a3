"""Assign each image of a pair in band to its nearest cluster (paper §3.3)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.sample import schemas
from realsyn_tasks.sample.group import CLUSTERS
from realsyn_tasks.vectors import kmeans


class Config(StageConfig):
    """Nothing to choose: the clusters are fit_clusters'."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Key every image of the shard by its cluster."""
    wanted = inputs.table("filter_pairs", "pairs", ["image_id"])["image_id"]
    images = inputs.table("corpus", "images", ["image_id", "embedding"])
    images = images.filter(pc.is_in(images["image_id"], value_set=wanted.combine_chunks()))
    clusters = _clusters(images, inputs.table("fit_clusters", "centroids"))
    columns = {
        "partition": clusters % context.axes[CLUSTERS],
        "cluster_id": clusters,
        "image_id": images["image_id"],
        "shard": np.full(len(clusters), context.shard, dtype=np.int32),
    }
    return Output(tables={"images": tables.build(schemas.CLUSTERED, columns, ("image_id",))})


def _clusters(images: pa.Table, centroids: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    if not images.num_rows:
        return np.zeros(0, dtype=np.int32)
    return kmeans.assign(tables.vectors_of(images), tables.vectors_of(centroids))
