"""Fit clusters of images: spherical k-means on the images of the pairs in band (paper §3.3).

The paper has 168.3 million pairs in 1 million clusters, 168 images each. Small builds keep that
number from leaving them one or two clusters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.sample import schemas
from realsyn_tasks.sample.orders import Purpose, order_of
from realsyn_tasks.vectors import kmeans
from realsyn_tasks.vectors.hash_order import bottom_k


class Config(StageConfig):
    """How many clusters, and how well they are fitted."""

    images_per_cluster: int = Field(default=168, ge=1)
    min_clusters: int = Field(default=16, ge=1)  # unless clusters get smaller than the next number
    min_images: int = Field(default=8, ge=1)  # per cluster, on average
    sample_per_cluster: int = Field(default=64, ge=1)  # images to fit to
    max_sample: int = Field(default=16_000_000, ge=1)  # holds 4 bytes a dimension of each
    iterations: int = Field(default=3, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one unit vector per cluster; none when there are no pairs."""
    ids = _pairs(inputs)
    count = clusters_for(len(ids), config)
    wanted = min(count * config.sample_per_cluster, max(config.max_sample, count))
    order = order_of(ids.to_pylist(), context.seed, Purpose.FIT)
    sample = _vectors(inputs, ids.take(pa.array(bottom_k(order, wanted))))
    centroids = (
        kmeans.fit(sample, count, iterations=config.iterations, seed=context.seed)
        if count
        else sample
    )
    columns = {"cluster_id": np.arange(count, dtype=np.int32), "embedding": centroids}
    return Output(
        tables={"centroids": tables.build(schemas.CLUSTERS, columns)},
        measures={"clusters": float(count), "sample": float(len(sample)), "pairs": float(len(ids))},
    )


def clusters_for(pairs: int, config: Config) -> int:
    """Count the clusters for so many pairs; 0 for none."""
    floor = min(config.min_clusters, pairs // config.min_images)
    return min(pairs, max(round(pairs / config.images_per_cluster), floor, 1))


def _pairs(inputs: Inputs) -> pa.Array:
    pieces = [
        piece["image_id"] for _, piece in inputs.stream("filter_pairs", "pairs", ["image_id"])
    ]
    chunks = [chunk for piece in pieces for chunk in piece.chunks]
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())


def _vectors(inputs: Inputs, chosen: pa.Array) -> np.ndarray[Any, Any]:
    """Read the vectors of the chosen images, in the chosen order; (n, d) float32."""
    ordered: np.ndarray[Any, Any] | None = None
    for _, piece in inputs.stream("corpus", "images", ["image_id", "embedding"]):
        places = pc.index_in(piece["image_id"], value_set=chosen)
        mine = piece.filter(pc.is_valid(places))
        if mine.num_rows:
            vectors = tables.vectors_of(mine)
            if ordered is None:
                ordered = np.zeros((len(chosen), vectors.shape[1]), dtype=np.float32)
            ordered[places.drop_null().to_numpy()] = vectors
    return np.zeros((0, 0), dtype=np.float32) if ordered is None else ordered
