"""Fit clusters of images: spherical k-means on the images of the pairs in band (paper §3.3).

The paper has 168.3 million pairs in 1 million clusters, 168 images each. Small builds keep that
number from leaving them one or two clusters.

filter_pairs draws the images that the clusters are fitted to, 1 million at most. Where that cannot
be 8 a cluster, there are fewer clusters: a fit to fewer is worse than fewer clusters (in a trial,
images and their centroids had a mean cosine of 0.71, 0.74, 0.75, 0.76 and 0.75 with 1, 2, 4, 8 and
16 of 8,000 images a cluster, and 0.78 with 64 of 128,000). The paper's million takes
`filter_pairs.max_drawn` of 8 million, and 22 GB at 512 dimensions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output
from realsyn_tasks.sample import schemas
from realsyn_tasks.sample.orders import Purpose, order_of
from realsyn_tasks.vectors import kmeans
from realsyn_tasks.vectors.hash_order import bottom_k
from realsyn_tasks.vectors.product_config import ProductConfig
from realsyn_tasks.vectors.scan import Hashes

COUNTED = "attempts"  # any column of a few bytes, to count rows by


class Config(ProductConfig):
    """How many clusters, and how well they are fitted: to what filter_pairs drew, at most."""

    images_per_cluster: int = Field(default=168, ge=1)
    min_clusters: int = Field(default=16, ge=1)  # unless clusters get smaller than the next number
    min_images: int = Field(default=8, ge=1)  # per cluster, on average
    sample_per_cluster: int = Field(default=64, ge=1)  # images to fit to
    least_per_cluster: int = Field(default=8, ge=1)  # of them, where not all images were drawn
    iterations: int = Field(default=3, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one unit vector per cluster; none when there are no pairs.

    Memory: the sample, and three times the centroids, at 4 bytes a dimension.
    """
    context = config.applied(context)
    pairs = sum(piece.num_rows for _, piece in inputs.stream("filter_pairs", "pairs", [COUNTED]))
    order = _order(inputs, context.seed)
    few = len(order) // config.least_per_cluster if len(order) < pairs else pairs
    count = min(clusters_for(pairs, config), few)
    sample = _vectors(inputs, order, count * config.sample_per_cluster)
    centroids = (
        kmeans.fit(
            sample,
            count,
            iterations=config.iterations,
            seed=context.seed,
            device=context.device,
        )
        if count
        else sample
    )
    columns = {"cluster_id": np.arange(count, dtype=np.int32), "embedding": centroids}
    return Output(
        tables={"centroids": tables.build(schemas.CLUSTERS, columns)},
        measures={"clusters": float(count), "sample": float(len(sample)), "pairs": float(pairs)},
    )


def clusters_for(pairs: int, config: Config) -> int:
    """Count the clusters for so many pairs; 0 for none."""
    floor = min(config.min_clusters, pairs // config.min_images)
    return min(pairs, max(round(pairs / config.images_per_cluster), floor, 1))


def _order(inputs: Inputs, seed: int) -> Hashes:
    """Give the places of the pictures drawn in the order of FIT; (n,) uint64, as streamed."""
    places = [np.zeros(0, dtype=np.uint64)]
    for _, piece in inputs.stream("filter_pairs", "drawn", ["image_id"]):
        places.append(order_of(piece["image_id"].to_pylist(), seed, Purpose.FIT))
    return np.concatenate(places)


def _vectors(inputs: Inputs, order: Hashes, wanted: int) -> NDArray[np.float32]:
    """Read the vectors of the first pictures in an order, in that order; (n, d)."""
    chosen = bottom_k(order, wanted)
    place_of = np.full(len(order), -1, dtype=np.int64)
    place_of[chosen] = np.arange(len(chosen))
    ordered, first = np.zeros((0, 0), dtype=np.float32), 0
    for _, piece in inputs.stream("filter_pairs", "drawn", ["embedding"]):
        places = place_of[first : first + piece.num_rows]
        first += piece.num_rows
        if piece.num_rows:
            vectors = tables.vectors_of(piece)
            if not ordered.size:
                ordered = np.zeros((len(chosen), vectors.shape[1]), dtype=np.float32)
            ordered[places[places >= 0]] = vectors[places >= 0]
    return ordered
