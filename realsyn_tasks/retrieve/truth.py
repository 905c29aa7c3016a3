"""What an exact search says of some queries: the truth that recall is planned and audited by.

Images with an even seeded hash are for the plan, those with an odd one for the audit. So the
sample that a number of probes was chosen on never says how good the choice was.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Inputs

K = 3  # texts of an image (paper §4.1)
RERANKED = 10  # most texts that are put in order for an audited image
SPARE = 9  # texts looked at beyond those wanted: the own caption's sentences are passed over
SURVEYED = K + SPARE
PENDING = 100_000  # rows that wait to be merged


class Half(IntEnum):
    """What an image of the corpus may be sampled for: the lowest bit of its hash."""

    PLAN = 0
    AUDIT = 1


def sampled(inputs: Inputs, purpose: str, columns: list[str]) -> pa.Table:
    """Give columns of the sampled images of a purpose, in order of id: plan | audit | survey."""
    images = inputs.table("pool_samples", "images", [*columns, purpose])
    return tables.taken(images, np.flatnonzero(images[purpose].to_numpy())).select(columns)


def nearest(inputs: Inputs, name: str, k: int) -> pa.Table:
    """Merge a table of search_exactly: the k nearest texts of each query over the whole corpus.

    In order of query and rank, which is a column that is added. A text that several shards have
    counts once. Memory: k rows a query, and PENDING.
    """
    waiting: list[pa.Table] = []
    for shard, piece in inputs.stream("search_exactly", name):
        waiting.append(piece.append_column("shard", pa.array(np.full(piece.num_rows, shard))))
        if sum(piece.num_rows for piece in waiting) >= PENDING:
            waiting = [_best(pa.concat_tables(waiting), k)]
    best = _best(pa.concat_tables(waiting), k)
    return best.append_column("rank", pa.array(ranks(best["query"].to_numpy()) + 1))


def _best(rows: pa.Table, k: int) -> pa.Table:
    """Keep the k best of each query: by score, then sentences first, then as the corpus has it."""
    if not rows.num_rows:
        return rows
    query, late, shard, place, score = (
        rows[name].to_numpy(zero_copy_only=False)
        for name in ("query", "late", "shard", "place", "score")
    )
    order = np.lexsort((place, shard, late, -score, query))
    names = chunks.codes_of(rows["sentence_id"])
    pairs = np.stack([query, names.astype(np.int64)], axis=1)[order]
    firsts = np.sort(np.unique(pairs, axis=0, return_index=True)[1])
    order = order[firsts]
    return tables.taken(rows, pa.array(order[ranks(query[order]) < k]))


def ranks(queries: np.ndarray) -> np.ndarray:
    """Number the rows of each query, of ascending ones, from 0; (n,) int64."""
    places: np.ndarray = np.arange(len(queries)) - np.searchsorted(queries, queries)
    return places


def by_query(rows: pa.Table, queries: int, column: str) -> list[list[str]]:
    """Give the values of a column of what `nearest` gave, best first, for each of the queries."""
    values: list[list[str]] = [[] for _ in range(queries)]
    for query, value in zip(rows["query"].to_pylist(), rows[column].to_pylist(), strict=True):
        values[query].append(value)
    return values


def scores_of(rows: pa.Table, queries: int, k: int) -> np.ndarray:
    """Give the scores of what `nearest` gave, -inf where there is none; (queries, k) float32."""
    scores = np.full((queries, k), -np.inf, dtype=np.float32)
    scores[rows["query"].to_numpy(), rows["rank"].to_numpy() - 1] = rows["score"].to_numpy()
    return scores
