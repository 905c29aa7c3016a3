"""Spherical k-means: few Lloyd steps over a random sample (paper §3.2 and §3.3).

Two or three steps over 64 to 128 rows a centroid give all but a point or two of the recall that
ten steps give; more probes buy the rest back for less. With many centroids, those are themselves
grouped, and a row looks only at the groups that promise most (``Nearest``): the work for n rows and
n / c centroids grows as n**1.5 instead of n**2.
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
from realsyn_tasks.vectors.search import TopK, probe, search_lists, visit

GROUPED_FROM = 1 << 15  # centroids from which grouping them pays
GROUPS = 80  # groups that a row looks at for its nearest centroid; 99 % find the very nearest
GROUPS_OF_SEVERAL = 128  # and for several; rows of another modality are near to more groups
_GROUPS_OF_STEP = 16  # in a step of k-means, where near is near enough
_ROWS_PER_HEAD = 64  # centroids that group themselves, as a sample
_ROWS_AT_ONCE = 1 << 15
_WIDENED = 1 << 13  # rows of float16 at a time, in memory that stays in use
_FEW = 8  # centroids up to which a product costs less than making rows ready for the kernel
_LOG_2 = 0.6931471805599453


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
    distinct rows. From GROUPED_FROM centroids on, steps assign by ``Nearest``. Raises ValueError
    when n < k.
    """
    rows = as_rows(sample)
    if not 1 <= k <= len(rows):
        raise ValueError(f"cannot fit {k} centroids to a sample of {len(rows)} rows")
    centroids = unit(rows[np.sort(bottom_k(row_order(len(rows), seed), k))])
    labels: Ints | None = None
    for _ in range(iterations):
        near = Nearest.of(centroids, seed, block, device)
        labels = near.assign(rows, device, block, labels, _GROUPS_OF_STEP)
        centroids = _update(rows, labels, centroids)
    return centroids


def assign(
    vectors: Vectors,
    centroids: Vectors,
    *,
    block: int = BLOCK,
    device: str | None = None,
    likely: Ints | None = None,
) -> Ints:
    """The nearest centroid of each row of (n, d); (n,) int32, ties to the lower number.

    ``likely`` (n,), such as the labels of the step before, save time and change no answer.
    """
    centres = as_rows(centroids)
    if not len(centres):
        raise ValueError("no centroids to assign to")
    labels = np.empty(len(vectors), dtype=np.int32)
    fused = device or (native.kernel() and len(centres) > _FEW)
    for part in blocks(len(vectors), (_ROWS_AT_ONCE if device else _WIDENED) if fused else block):
        rows = as_rows(vectors[part])
        if not fused:
            labels[part] = _nearest(rows, centres, block)
        elif likely is None:
            labels[part] = probe(rows, centres, 1, block, device)[:, 0]
        else:
            labels[part] = _not_worse(rows, centres, likely[part], block, device)
    return labels


@dataclass(frozen=True)
class Nearest:
    """Centroids made ready to be looked up: all of them, or many by about 4 sqrt(k) groups.

    Below GROUPED_FROM centroids each lookup is exact and ``heads`` is empty. Above, ``heads``
    (g, d + 1) give each group's promise to a row, ``groups`` (k,) is the group of each centroid,
    and a row looks at the groups that promise most: exact inside them, the same bits for any block
    and device, but not always the nearest of all. ``agreement`` says how often.
    """

    centroids: Floats
    heads: Floats
    groups: Ints

    @classmethod
    def of(
        cls, centroids: Vectors, seed: int = 0, block: int = BLOCK, device: str | None = None
    ) -> Nearest:
        """Make (k, d) centroids ready; those of GROUPED_FROM and more are grouped by k-means."""
        rows = as_rows(centroids)
        count = 4 * isqrt(len(rows))
        if len(rows) < GROUPED_FROM:
            return cls(rows, np.empty((0, rows.shape[1] + 1), np.float32), np.empty(0, np.int32))
        some = np.sort(bottom_k(row_order(len(rows), seed), _ROWS_PER_HEAD * count))
        heads = fit(rows[some], count, seed=seed, block=block, device=device)
        labels = assign(rows, heads, block=block, device=device)
        kept, groups = np.unique(labels, return_inverse=True)
        return cls(rows, _promises(rows, groups, len(kept)), groups.astype(np.int32))

    def assign(
        self,
        vectors: Vectors,
        device: str | None = None,
        block: int = BLOCK,
        likely: Ints | None = None,
        groups: int = 0,
    ) -> Ints:
        """The nearest centroid of each row of (n, d); (n,) int32. ``likely`` as of ``assign``.

        ``groups`` are looked at instead of GROUPS where this is not 0.
        """
        if not len(self.heads):
            return assign(vectors, self.centroids, block=block, device=device, likely=likely)
        return self._look(vectors, 1, groups or GROUPS, block, device)[:, 0]

    def nearest(
        self, vectors: Vectors, count: int, device: str | None = None, block: int = BLOCK
    ) -> Ints:
        """The ``count`` nearest centroids, nearest first, of each row of (n, d), also of another
        modality; (n, min(count, k)) int32, -1 where the groups looked at hold fewer.
        """
        count = min(count, len(self.centroids))
        if not len(self.heads):
            return probe(vectors, self.centroids, count, block, device)
        return self._look(vectors, count, GROUPS_OF_SEVERAL + count // 8, block, device)

    def agreement(self, sample: Vectors, count: int = 0, device: str | None = None) -> float:
        """Share of the exact answers that the groups give: of ``assign``, or ``nearest`` of count.

        Costs a product of the (n, d) sample with every centroid. NaN without rows.
        """
        if not len(sample):
            return float("nan")
        exact = probe(sample, self.centroids, max(1, count), device=device)
        if count:
            near = self.nearest(sample, count, device)
        else:
            near = self.assign(sample, device)[:, None]
        shared = [np.isin(row, other).sum() for row, other in zip(exact, near, strict=True)]
        return float(np.sum(shared) / exact.size)

    def _look(
        self, vectors: Vectors, count: int, groups: int, block: int, device: str | None
    ) -> Ints:
        """The nearest centroids within the ``groups`` most promising groups of each row."""
        nearest = np.empty((len(vectors), count), dtype=np.int32)
        for part in blocks(len(vectors), _ROWS_AT_ONCE):
            some = as_rows(vectors[part])
            asked = np.column_stack([some, np.ones(len(some), np.float32)])
            lists = probe(asked, self.heads, groups, block, device)
            nearest[part] = search_lists(
                some, lists, self.centroids, self.groups, count, block, device
            )[0]
        return nearest


def _promises(centroids: Floats, groups: Rows, count: int) -> Floats:
    """Each group's mean, then what its best centroid has above it by chance; (count, d + 1).

    The dot product with a row that ends in 1 estimates the row's highest score in the group: of n
    centroids whose scores deviate by s, the highest is near s * sqrt(2 * log(n)) above the mean.
    The logarithm is taken by straight lines between powers of two, as libraries' differ in bits.
    """
    sizes = np.bincount(groups, minlength=count).astype(np.float32)
    means = group_sums(centroids, groups, count) / sizes[:, None]
    away = centroids - means[groups]
    everyone = np.arange(len(away))
    squares = pair_scores(away, everyone, away, everyone)[:, None]
    spread = np.sqrt(group_sums(squares, groups, count)[:, 0] / sizes / centroids.shape[1])
    fraction, exponent = np.frexp(np.maximum(sizes, 2))
    above = spread * np.sqrt(2 * _LOG_2 * (exponent - 2 + 2 * fraction))
    return np.column_stack([means, above]).astype(np.float32)


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


def _not_worse(
    rows: Floats, centroids: Floats, likely: Ints, block: int, device: str | None
) -> Rows:
    """Nearest centroid; the score of the likely one spares most others their exact scores."""
    everyone, best, guesses = np.arange(len(rows)), TopK(len(rows), 1), likely.astype(np.int64)
    best.update(everyone, guesses, pair_scores(rows, everyone, centroids, guesses))
    visit(best, everyone, rows, centroids, np.arange(len(centroids)), block, device)
    return best.result()[0][:, 0]


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
    if len(close):
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
