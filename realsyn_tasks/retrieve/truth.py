"""What an exact search says of some queries: the truth that recall is planned and audited by.

Images with an even seeded hash are for the plan, those with an odd one for the audit. So the
sample that a number of probes was chosen on never says how good the choice was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.retrieve.answers import all_answers
from realsyn_tasks.retrieve.licensed import all_licensed
from realsyn_tasks.retrieve.queries import all_queries
from realsyn_tasks.vectors import hash_order, search

K = 3  # texts of an image (paper §4.1)


class Half(IntEnum):
    """What an image of the corpus may be sampled for: the lowest bit of its hash."""

    PLAN = 0
    AUDIT = 1


@dataclass(frozen=True)
class Nearest:
    """The k nearest texts of each of n images over the whole corpus, best first."""

    ids: list[list[str]]  # fewer than k where the corpus has fewer
    texts: list[list[str]]
    scores: np.ndarray  # (n, k) float32, -inf where there is none
    vectors: np.ndarray  # (n, k, d) float32, zeros where there is none


def draw(inputs: Inputs, wanted: int, seed: int, half: Half) -> pa.Table:
    """Draw `wanted` queries of a half (all, if fewer) by seeded hash: image_id and embedding.

    Holds no more than `wanted` images and one shard. A corpus so small that the half is empty
    gives all its images instead.
    """
    drawn = _smallest(all_queries(inputs), wanted, seed, half)
    return drawn if drawn.num_rows else _smallest(all_queries(inputs), wanted, seed)


def smallest(inputs: Inputs, wanted: int, seed: int, columns: list[str]) -> pa.Table:
    """Draw the images that are used with the smallest seeded hashes, by id."""
    return _smallest(all_licensed(inputs, "images", columns), wanted, seed)


def _smallest(
    pieces: Iterable[pa.Table], wanted: int, seed: int, half: Half | None = None
) -> pa.Table:
    kept = None
    for table in pieces:
        pool = table if kept is None else pa.concat_tables([kept, table])
        hashes = hash_order.hash_order(pool["image_id"].to_pylist(), seed)
        rows = np.arange(len(hashes)) if half is None else np.flatnonzero(hashes % 2 == int(half))
        kept = pool.take(pa.array(rows[hash_order.bottom_k(hashes[rows], wanted)]))
    assert kept is not None, "a corpus has at least one shard"
    return kept.sort_by("image_id")


def nearest_texts(inputs: Inputs, queries: np.ndarray, k: int = K) -> Nearest:
    """Search every text of the corpus for (n, d) queries, one shard in memory at a time."""
    best = search.TopK(len(queries), k)
    everyone, first = np.arange(len(queries)), 0
    held: dict[int, _Text] = {}  # what is among the best so far, by row
    for table in all_answers(inputs, ["sentence_id", "text", "embedding"]):
        if table.num_rows and len(queries):
            vectors = tables.vectors_of(table)
            rows = np.arange(first, first + table.num_rows)
            search.visit(best, everyone, queries, vectors, rows)
            alive = np.unique(best.result()[0])
            new = alive[alive >= first] - first
            held = {row: held[row] for row in alive[(alive >= 0) & (alive < first)].tolist()}
            texts = _texts(table, vectors, new)
            held |= {first + row: text for row, text in zip(new.tolist(), texts, strict=True)}
        first += table.num_rows
    return _collected(best, held, queries.shape[1] if queries.size else 0)


class _Text(NamedTuple):
    id: str
    text: str
    vector: np.ndarray


def _texts(table: pa.Table, vectors: np.ndarray, rows: np.ndarray) -> Iterator[_Text]:
    chosen = table.select(["sentence_id", "text"]).take(pa.array(rows)).to_pylist()
    for row, text in zip(rows, chosen, strict=True):
        yield _Text(text["sentence_id"], text["text"], vectors[row].copy())


def _collected(best: search.TopK, held: dict[int, _Text], dim: int) -> Nearest:
    rows, scores = best.result()
    vectors = np.zeros((*rows.shape, dim), dtype=np.float32)
    for place in zip(*np.nonzero(rows >= 0), strict=True):
        vectors[place] = held[int(rows[place])].vector
    found = [[held[row] for row in some if row >= 0] for some in rows.tolist()]
    return Nearest(
        [[text.id for text in some] for some in found],
        [[text.text for text in some] for some in found],
        scores,
        vectors,
    )
