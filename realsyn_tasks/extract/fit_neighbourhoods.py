"""Choose the pivots around which near-duplicates are looked for (paper §3.1, how is not said).

Two near-duplicates have nearly the same nearest pivots, so it is enough to compare items that
share one of their nearest. Below `per_pivot` items there is one pivot and every pair is compared.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract.neighbours import KINDS, Kind
from realsyn_tasks.vectors import kmeans
from realsyn_tasks.vectors.sampling import bottom_k, hash_order

Vectors = np.ndarray  # (n, d) float32


class Config(StageConfig):
    """How large neighbourhoods are; ours, measured for recall."""

    per_pivot: int = Field(default=2000, ge=1)  # items
    sample_per_pivot: int = Field(default=64, ge=1)  # items that a pivot is fitted to
    max_sample: int = Field(default=500_000, ge=1)  # items held in memory
    iterations: int = Field(default=3, ge=0)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Fit pivots for images and for sentences, each to a seeded sample."""
    parts, measures = [], {}
    for kind in KINDS:
        sample, count = _sample(inputs, kind, config.max_sample, context.seed)
        pivots = _fit(sample, count, config, context.seed)
        measures[f"{kind.name}_pivots"] = float(len(pivots))
        parts.append(_table(kind, pivots))
    return Output(tables={"pivots": pa.concat_tables(parts)}, measures=measures)


def _sample(inputs: Inputs, kind: Kind, most: int, seed: int) -> tuple[Vectors, int]:
    """Give the items of the smallest hashes, in that order, and how many there are in all."""
    count = 0
    hashes, rows = np.zeros(0, dtype=np.uint64), np.zeros((0, 0), dtype=np.float32)
    for _, table in inputs.stream(kind.vectors, "vectors"):
        if not table.num_rows:
            continue
        count += table.num_rows
        found = hash_order(table[kind.id].to_pylist(), seed)
        vectors = tables.vectors_of(table)
        hashes = np.concatenate([hashes, found])
        rows = np.concatenate([rows.reshape(-1, vectors.shape[1]), vectors])
        first = bottom_k(hashes, most)
        hashes, rows = hashes[first], rows[first]
    return rows, count


def _fit(sample: Vectors, count: int, config: Config, seed: int) -> Vectors:
    wanted = -(-count // config.per_pivot)
    pivots = max(1, min(wanted, len(sample) // min(config.sample_per_pivot, config.per_pivot)))
    if not len(sample):
        return sample
    chosen = sample[: pivots * config.sample_per_pivot]
    return kmeans.fit(chosen, pivots, iterations=config.iterations, seed=seed)


def _table(kind: Kind, pivots: Vectors) -> pa.Table:
    columns = {
        "kind": [kind.name] * len(pivots),
        "pivot": np.arange(len(pivots), dtype=np.int32),
        "embedding": pivots,
    }
    return tables.build(tables.PIVOTS, columns)
