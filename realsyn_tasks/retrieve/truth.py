"""What an exact search says of some images: the truth that recall is planned and audited by.

Images with an even seeded hash are for the plan, those with an odd one for the audit. So the
sample that a number of probes was chosen on never says how good the choice was.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.vectors import hash_order, search

K = 3  # texts of an image (paper §4.1)
COLUMNS = ["image_id", "embedding"]


class Half(IntEnum):
    """What an image of the corpus may be sampled for: the lowest bit of its hash."""

    PLAN = 0
    AUDIT = 1


@dataclass(frozen=True)
class Nearest:
    """The k nearest sentences of each of n images over the whole corpus, best first."""

    ids: list[list[str]]  # fewer than k where the corpus has fewer
    scores: np.ndarray  # (n, k) float32, -inf where there is none
    vectors: np.ndarray  # (n, k, d) float32, zeros where there is none


def draw(inputs: Inputs, wanted: int, seed: int, half: Half) -> pa.Table:
    """Draw `wanted` images of a half (all, if fewer) by seeded hash: image_id and embedding.

    Holds no more than `wanted` images and one shard. A corpus so small that the half is empty
    gives all its images instead.
    """
    drawn = smallest(inputs, wanted, seed, COLUMNS, half)
    return drawn if drawn.num_rows else smallest(inputs, wanted, seed, COLUMNS)


def smallest(
    inputs: Inputs, wanted: int, seed: int, columns: list[str], half: Half | None = None
) -> pa.Table:
    """Draw the images with the smallest seeded hashes, by default of both halves, by id."""
    kept = None
    for _, table in inputs.stream("corpus", "images", columns):
        pool = table if kept is None else pa.concat_tables([kept, table])
        hashes = hash_order.hash_order(pool["image_id"].to_pylist(), seed)
        rows = np.arange(len(hashes)) if half is None else np.flatnonzero(hashes % 2 == int(half))
        kept = pool.take(pa.array(rows[hash_order.bottom_k(hashes[rows], wanted)]))
    assert kept is not None, "a corpus has at least one shard"
    return kept.sort_by("image_id")


def nearest_sentences(inputs: Inputs, queries: np.ndarray) -> Nearest:
    """Search every sentence of the corpus for (n, d) queries, one shard in memory at a time."""
    best = search.TopK(len(queries), K)
    everyone, first = np.arange(len(queries)), 0
    held: dict[int, tuple[str, np.ndarray]] = {}  # what is among the best so far, by row
    for _, table in inputs.stream("corpus", "sentences", ["sentence_id", "embedding"]):
        if table.num_rows and len(queries):
            vectors = tables.vectors_of(table)
            rows = np.arange(first, first + table.num_rows)
            search.visit(best, everyone, queries, vectors, rows)
            alive = np.unique(best.result()[0])
            new = alive[alive >= first] - first
            names = table["sentence_id"].take(pa.array(new)).to_pylist()
            held = {row: held[row] for row in alive[(alive >= 0) & (alive < first)].tolist()}
            held |= {
                first + row: (name, vectors[row].copy())
                for row, name in zip(new.tolist(), names, strict=True)
            }
        first += table.num_rows
    return _collected(best, held, queries.shape[1] if queries.size else 0)


def _collected(best: search.TopK, held: dict[int, tuple[str, np.ndarray]], dim: int) -> Nearest:
    rows, scores = best.result()
    vectors = np.zeros((*rows.shape, dim), dtype=np.float32)
    for place in zip(*np.nonzero(rows >= 0), strict=True):
        vectors[place] = held[int(rows[place])][1]
    ids = [[held[row][0] for row in some if row >= 0] for some in rows.tolist()]
    return Nearest(ids, scores, vectors)
