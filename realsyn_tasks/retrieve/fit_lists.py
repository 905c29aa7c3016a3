"""Spherical k-means over a random sample of the corpus's sentences (paper §3.2)."""

from __future__ import annotations

import numpy as np

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.vectors import kmeans, sampling


class Config(StageConfig):
    """How many lists, and how well they are fitted.

    The paper has 0.84 B sentences in 2 M clusters: 420 sentences a list. Three steps over 128
    points a list give all but a point or two of the recall that ten steps over all give.
    """

    sentences_per_list: int = 420
    points_per_list: int = 128
    iterations: int = 3


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the centroids, (k, d) unit rows. Memory: the sample, 128 points a list."""
    total = sum(table.num_rows for _, table in inputs.stream("corpus", "sentences", ["words"]))
    k = max(1, round(total / config.sentences_per_list))
    sample = _sample(inputs, k * config.points_per_list, total, context.seed)
    k = min(k, len(sample))
    centroids = kmeans.fit(sample, k, iterations=config.iterations, seed=context.seed)
    columns = {"list_id": np.arange(k, dtype=np.int32), "embedding": centroids}
    return Output(
        tables={"centroids": tables.build(tables.CENTROIDS, columns)},
        measures={"lists": float(k), "sampled": float(len(sample))},
    )


def _sample(inputs: Inputs, wanted: int, total: int, seed: int) -> np.ndarray:
    """Draw the sentences whose seeded hash is small: about `wanted`, in order of id."""
    limit = wanted / max(total, 1) * 2.0**64
    picked, names = [], []
    for _, table in inputs.stream("corpus", "sentences", ["sentence_id", "embedding"]):
        identities = table["sentence_id"].to_pylist()
        chosen = np.flatnonzero(sampling.hash_order(identities, seed) <= limit - np.uint64(1))
        if len(chosen):
            picked.append(tables.vectors_of(table)[chosen])
            names.extend(identities[row] for row in chosen)
    if not picked:
        raise PermanentError(f"the sample of {total} sentences is empty; is the corpus empty?")
    return np.concatenate(picked)[np.argsort(names)]
