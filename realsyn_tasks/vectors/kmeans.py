"""Spherical k-means: few Lloyd steps over a random sample (paper §3.2 and §3.3).

Two or three steps over 64 to 128 rows a centroid give all but a point or two of the recall that
ten steps give; more probes buy the rest back for less. With many centroids, those are themselves
grouped, and a row looks only at the groups nearest to it: the work for n rows and n / c centroids
grows as n**1.5 instead of n**2.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from math import isqrt

import numpy as np
from scipy import sparse

from realsyn_tasks.vectors import native
from realsyn_tasks.vectors.hash_order import bottom_k, row_order
from realsyn_tasks.vectors.scan import (
    BLOCK,
    Floats,
    Ints,
    Rows,
    Vectors,
    as_rows,
    blocks,
    error_bound,
    pair_scores,
)
from realsyn_tasks.vectors.search import probe, search_lists

GROUPED_FROM = 4096  # centroids from which grouping them pays
GROUPS = 16  # nearest groups that a row looks at; about 95 % of rows find their very nearest
_GROUPS_OF_STEP = 8  # the same in a step of k-means, where near is near enough
_ROWS_AT_ONCE = 1 << 15


def fit(
    sample: Vectors,
    k: int,
    *,
    iterations: int = 3,
    seed: int = 0,
    block: int = BLOCK,
    device: str | None = None,
) -> Floats:
    """k centroids of the (n, d) sample; (k, d) float32 unit rows, the same bits for any block.

    Starts from k seeded random rows. A centroid that no row is nearest to moves to the worst
    placed row of a large list. Duplicate centroids can remain when the sample has fewer than k
    distinct rows. From GROUPED_FROM centroids on, steps assign by ``Grouped``. Raises ValueError
    when n < k.
    """
    rows = as_rows(sample)
    if not 1 <= k <= len(rows):
        raise ValueError(f"cannot fit {k} centroids to a sample of {len(rows)} rows")
    centroids = unit(rows[np.sort(bottom_k(row_order(len(rows), seed), k))])
    for _ in range(iterations):
        if k < GROUPED_FROM:
            labels = assign(rows, centroids, block=block, device=device)
        else:
            grouped = Grouped.of(centroids, seed, block, device)
            labels = grouped.assign(rows, _GROUPS_OF_STEP, block, device)
        centroids = _update(rows, labels, centroids)
    return centroids


def assign(
    vectors: Vectors, centroids: Vectors, *, block: int = BLOCK, device: str | None = None
) -> Ints:
    """The nearest centroid of each row of (n, d); (n,) int32, ties to the lower number."""
    rows, centres = as_rows(vectors), as_rows(centroids)
    if not len(centres):
        raise ValueError("no centroids to assign to")
    labels = np.empty(len(rows), dtype=np.int32)
    if device or native.kernel():
        for part in blocks(len(rows), _ROWS_AT_ONCE):
            labels[part] = probe(rows[part], centres, 1, block, device)[:, 0]
        return labels
    for part in blocks(len(rows), block):
        labels[part] = _nearest(rows[part], centres, block)
    return labels


@dataclass(frozen=True)
class Grouped:
    """Centroids in about sqrt(k) groups, to find near ones by looking at a few groups.

    ``heads`` (g, d) are centroids of the centroids, ``groups`` (k,) the head of each. What is
    found is the nearest among the groups looked at: exact inside them, the same bits for any
    block, but not always the nearest of all.
    """

    centroids: Floats
    heads: Floats
    groups: Ints

    @classmethod
    def of(
        cls, centroids: Vectors, seed: int = 0, block: int = BLOCK, device: str | None = None
    ) -> Grouped:
        """Group (k, d) centroids by k-means."""
        rows = as_rows(centroids)
        heads = fit(rows, max(1, isqrt(len(rows))), seed=seed, block=block, device=device)
        return cls(rows, heads, assign(rows, heads, block=block, device=device))

    def probe(
        self,
        queries: Vectors,
        nprobe: int,
        groups: int = GROUPS,
        block: int = BLOCK,
        device: str | None = None,
    ) -> Ints:
        """``search.probe`` in the ``groups`` nearest groups; (n, nprobe) int32, -1 for none."""
        rows, count = as_rows(queries), min(nprobe, len(self.centroids))
        nearest = np.empty((len(rows), count), dtype=np.int32)
        for part in blocks(len(rows), _ROWS_AT_ONCE):
            near = probe(rows[part], self.heads, groups, block, device)
            nearest[part] = search_lists(
                rows[part], near, self.centroids, self.groups, count, block
            )[0]
        return nearest

    def assign(
        self,
        vectors: Vectors,
        groups: int = GROUPS,
        block: int = BLOCK,
        device: str | None = None,
    ) -> Ints:
        """``kmeans.assign`` in the ``groups`` nearest groups; (n,) int32."""
        return self.probe(vectors, 1, groups, block, device)[:, 0]


def imbalance(counts: Rows) -> float:
    """``k * sum(n_i**2) / sum(n_i)**2``: mean work per row against equal lists; 1.0 is perfect."""
    sizes = np.asarray(counts, dtype=np.float64)
    total = float(sizes.sum())
    return len(sizes) * float((sizes**2).sum()) / total**2 if total else 1.0


def unit(vectors: Floats) -> Floats:
    """Rows scaled to norm 1; rows of zeros stay zero."""
    everyone = np.arange(len(vectors))
    norms: Floats = np.sqrt(pair_scores(vectors, everyone, vectors, everyone))
    norms[norms == 0] = 1
    scaled: Floats = vectors / norms[:, None]
    return scaled


def group_sums(vectors: Floats, labels: Ints | Rows, groups: int) -> Floats:
    """Sum of the rows of each label; (groups, d) float32, added in row order."""
    count = len(vectors)
    ones = np.ones(count, dtype=np.float32)
    choice = sparse.csr_array((ones, (labels, np.arange(count))), shape=(groups, count))
    sums: Floats = choice @ vectors
    return sums


def _nearest(rows: Floats, centroids: Floats, block: int) -> Ints:
    """Nearest centroid; products decide clear cases, exact scores the close ones."""
    label = np.zeros(len(rows), dtype=np.int32)
    best = np.full(len(rows), -np.inf, dtype=np.float32)
    second = best.copy()
    everyone = np.arange(len(rows))
    for part in blocks(len(centroids), block):
        scores = rows @ centroids[part].T
        top = scores.argmax(axis=1)
        high = scores[everyone, top]
        scores[everyone, top] = -np.inf
        second = np.maximum(np.maximum(second, scores.max(axis=1)), np.minimum(best, high))
        label = np.where(high > best, top + part.start, label).astype(np.int32)
        best = np.maximum(best, high)
    close = np.flatnonzero(best - second <= 2 * error_bound(rows, centroids))
    label[close] = probe(rows[close], centroids, 1, block)[:, 0]
    return label


def _update(rows: Floats, labels: Ints, previous: Floats) -> Floats:
    """Mean direction of each list; lists without one are reseeded."""
    sums = group_sums(rows, labels, len(previous))
    counts = np.bincount(labels, minlength=len(previous))
    lost = np.flatnonzero((counts == 0) | ~sums.any(axis=1))
    sums[lost] = rows[_donated(rows, labels, counts, previous, len(lost))]
    return unit(sums)


def _donated(rows: Floats, labels: Ints, counts: Rows, centroids: Floats, wanted: int) -> Rows:
    """``wanted`` rows to reseed from: of the largest lists, those farthest from their centroid."""
    if not wanted:
        return np.empty(0, dtype=np.int64)
    shares = _shares(counts, wanted)
    members = np.flatnonzero(shares[labels])
    lists = labels[members]
    scores = pair_scores(rows, members, centroids, lists.astype(np.int64))
    order = np.lexsort((members, scores, lists))
    given: Rows = members[order[ranks_in_runs(lists[order]) < shares[lists[order]]]]
    return given


def ranks_in_runs(values: Ints | Rows) -> Rows:
    """Position of each element in its run of equal neighbours: 0, 1, 2, ...; (n,) int64."""
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    lengths = np.diff(np.append(starts, len(values)))
    ranks: Rows = np.arange(len(values)) - np.repeat(starts, lengths)[: len(values)]
    return ranks


def _shares(counts: Rows, wanted: int) -> Rows:
    """How many rows each list gives: always the list that is largest after what it gave."""
    shares = np.zeros(len(counts), dtype=np.int64)
    heap = [(-float(size), number) for number, size in enumerate(counts)]
    heapq.heapify(heap)
    for _ in range(wanted):
        number = heap[0][1]
        shares[number] += 1
        heapq.heapreplace(heap, (-float(counts[number]) / (shares[number] + 1), number))
    return shares
