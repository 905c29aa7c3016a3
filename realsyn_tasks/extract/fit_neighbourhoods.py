"""Choose the pivots around which near-duplicates are looked for (paper §3.1, how is not said).

Two near-duplicates have nearly the same nearest pivots, so it is enough to compare items that
share one of their nearest. Below `per_pivot` items there is one pivot and every pair is compared.

The pivots of the newest generation are kept while they serve. Then what is keyed of the corpus
stays as it is: it is the index of what older generations hold, to which each crawl adds its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.neighbours import KINDS, Kind, pivots_of
from realsyn_tasks.vectors import kmeans
from realsyn_tasks.vectors.hash_order import bottom_k, hash_order

Vectors = np.ndarray  # (n, d) float32


class Config(StageConfig):
    """How large neighbourhoods are; ours, measured for recall."""

    per_pivot: int = Field(default=2000, ge=1)  # items
    sample_per_pivot: int = Field(default=64, ge=1)  # items that a pivot is fitted to
    max_sample: int = Field(default=500_000, ge=1)  # items held in memory
    iterations: int = Field(default=3, ge=0)
    # Pivots of an older generation, by content, are kept until the bound is passed.
    frozen: str = ""  # digest of that fit; opening an extract fills it in
    refit_growth: float = Field(default=4.0, ge=1)  # pivots of a fit now, in times of those kept


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give pivots for images and for sentences: kept ones, or fitted to crawl and corpus.

    Raises ConfigError where the pivots to be kept are gone.
    """
    pivots_by_kind = _frozen(inputs, config.frozen) if config.frozen else {}
    keep = bool(pivots_by_kind) and all(
        _serve(pivots_by_kind[kind], inputs, kind, config) for kind in KINDS
    )
    if not keep:
        pivots_by_kind = {kind: _fitted(inputs, kind, config, context.seed) for kind in KINDS}
    measures = {f"{kind.name}_pivots": float(len(pivots_by_kind[kind])) for kind in KINDS}
    pivots = pa.concat_tables([_table(kind, pivots_by_kind[kind]) for kind in KINDS])
    return Output(tables={"pivots": pivots}, measures={**measures, "kept_pivots": float(keep)})


def _frozen(inputs: Inputs, content: str) -> dict[Kind, Vectors]:
    earlier = inputs.earlier_fit(content)
    if earlier is None:
        raise ConfigError(
            "the pivots that this extract was to keep are gone, or others than when it was opened:"
            " open it again, and it looks for others"
        )
    return {kind: pivots_of(earlier["pivots"], kind) for kind in KINDS}


def _serve(pivots: Vectors, inputs: Inputs, kind: Kind, config: Config) -> bool:
    """Say whether there are still enough pivots for all items of a kind."""
    count = sum(part.num_rows for part in _stream(inputs, kind, [kind.id]))
    return _wanted(count, config) <= config.refit_growth * len(pivots)


def _wanted(count: int, config: Config) -> int:
    """Say how many pivots are fitted to so many items."""
    sampled = min(count, config.max_sample)
    most = sampled // min(config.sample_per_pivot, config.per_pivot)
    return max(1, min(-(-count // config.per_pivot), most)) if count else 0


def _stream(inputs: Inputs, kind: Kind, columns: list[str]) -> Iterator[pa.Table]:
    """Give the items of the crawl and of the corpus, shard by shard."""
    for stage, name in ((kind.vectors, "vectors"), ("corpus", kind.table)):
        for _, table in inputs.stream(stage, name, columns):
            yield table


def _fitted(inputs: Inputs, kind: Kind, config: Config, seed: int) -> Vectors:
    """Fit the (k, d) pivots of a kind to a seeded sample; none without items."""
    sample, count = _sample(inputs, kind, config.max_sample, seed)
    if not count:
        return sample
    pivots = _wanted(count, config)
    chosen = sample[: pivots * config.sample_per_pivot]
    return kmeans.fit(chosen, pivots, iterations=config.iterations, seed=seed)


def _sample(inputs: Inputs, kind: Kind, most: int, seed: int) -> tuple[Vectors, int]:
    """Give the items of the smallest hashes, in that order, and how many there are in all."""
    count = 0
    hashes, rows = np.zeros(0, dtype=np.uint64), np.zeros((0, 0), dtype=np.float32)
    for table in _stream(inputs, kind, [kind.id, "embedding"]):
        if not table.num_rows:
            continue
        count += table.num_rows
        fresh = hash_order(table[kind.id].to_pylist(), seed)
        vectors = tables.vectors_of(table)
        hashes = np.concatenate([hashes, fresh])
        rows = np.concatenate([rows.reshape(-1, vectors.shape[1]), vectors])
        first = bottom_k(hashes, most)
        hashes, rows = hashes[first], rows[first]
    return rows, count


def _table(kind: Kind, pivots: Vectors) -> pa.Table:
    columns = {
        "kind": [kind.name] * len(pivots),
        "pivot": np.arange(len(pivots), dtype=np.int32),
        "embedding": pivots,
    }
    return tables.build(schemas.PIVOTS, columns)
