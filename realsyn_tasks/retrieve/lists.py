"""Lists of sentences: the sample they are fitted to, their balance, and where each of them lies."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.vectors import hash_order, kmeans


def sample(inputs: Inputs, wanted: int, total: int) -> np.ndarray:
    """Take of the drawn sentences those of small hash: about `wanted`, in order of id; (n, d).

    Fewer, where fewer were drawn.
    """
    pieces: list[pa.Table] = []
    for _, table in inputs.stream("draw_samples", "sentences"):
        rows = np.flatnonzero(hash_order.within(table["key"].to_numpy(), wanted, total))
        pieces.append(tables.taken(table, pa.array(rows)))
    drawn = tables.ordered(pa.concat_tables(pieces), ["sentence_id"])
    if not drawn.num_rows:
        raise PermanentError(f"the sample of {total} sentences is empty; is the corpus empty?")
    return tables.vectors_of(drawn)


def nearest_lists(inputs: Inputs, device: str | None) -> kmeans.Nearest:
    """Give the lists that fit_lists has made, ready to be looked up."""
    return inputs.of_fit("fit_lists", "centroids", _ready, device)


def _ready(centroids: pa.Table, device: str | None) -> kmeans.Nearest:
    return kmeans.Nearest.of(tables.vectors_of(centroids), device=device)


def imbalance(vectors: np.ndarray, nearest: kmeans.Nearest, device: str | None = None) -> float:
    """Say how much more work lists like these are than lists of one length; 1.0 is perfect."""
    labels = nearest.assign(vectors, device)
    return kmeans.imbalance(np.bincount(labels, minlength=len(nearest.centroids)))


LEAF = 8  # lists that need no further order


def near_each_other(centroids: np.ndarray, seed: int, device: str | None = None) -> np.ndarray:
    """Order lists so that those near each other have near numbers; (k,) int64.

    By halves, each of which is a cluster of the lists of the whole. So the lists that an image
    probes are in few partitions.
    """
    order: list[np.ndarray] = []
    waiting = [np.arange(len(centroids))]
    while waiting:
        rows = waiting.pop()
        halves = _halves(centroids[rows], seed, device) if len(rows) > LEAF else None
        if halves is None or halves.all() or not halves.any():
            order.append(rows)
        else:
            waiting += [rows[halves], rows[~halves]]
    return np.concatenate(order)


def _halves(rows: np.ndarray, seed: int, device: str | None) -> np.ndarray:
    labels = kmeans.assign(rows, kmeans.fit(rows, 2, seed=seed, device=device), device=device)
    second: np.ndarray = labels == 1
    return second


def partition_of(lists: np.ndarray, count: int, partitions: int) -> np.ndarray:
    """Say which partition each of some of so many lists is in: lists of near numbers in one."""
    numbers: np.ndarray = lists.astype(np.int64) * partitions // count
    return numbers.astype(np.int32)
