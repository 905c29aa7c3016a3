"""Nearest rows by cosine: running top-k, list-major search, exact search, probing.

List-major means: for each list, one matrix product of its rows with all queries that probe it.
Best is the higher score, then the lower row number; an empty slot is id -1 with score -inf.
Exact search is the same loop over every block of the base.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from realsyn_tasks.vectors.scan import (
    BLOCK,
    Floats,
    Hashes,
    Ints,
    Rows,
    Vectors,
    as_rows,
    blocks,
    nominate,
    pair_scores,
)

MAX_ID = 2**32 - 2
_EMPTY = np.uint64(2**64 - 1)
_SIGN = np.uint32(0x80000000)
_ALL = np.uint32(0xFFFFFFFF)


class TopK:
    """The k best (id, score) of each query seen so far: 8 bytes a slot.

    Updating is associative, commutative and idempotent: any split of the candidates over any
    number of objects, merged in any order and even twice, ends in the same bytes.
    """

    def __init__(self, queries: int, k: int) -> None:
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        self.k = k
        self._keys: Hashes = np.full((queries, k), _EMPTY, dtype=np.uint64)

    def floors(self, query_rows: Rows) -> Floats:
        """The k-th best score of each given query, -inf where there are fewer than k; float32."""
        return _scores_of(self._keys[query_rows, self.k - 1])

    def update(self, query_rows: Rows, ids: Rows, scores: Floats) -> None:
        """Offer candidates: three flat arrays of one length; ids from 0 to 2**32 - 2."""
        if len(ids) and (ids.min() < 0 or ids.max() > MAX_ID):
            raise ValueError(f"ids must be between 0 and {MAX_ID}")
        self._offer(query_rows, _pack(ids, scores))

    def merge(self, other: TopK) -> None:
        """Take over what ``other``, of the same queries, has found."""
        rows, columns = np.nonzero(other._keys != _EMPTY)
        self._offer(rows, other._keys[rows, columns])

    def result(self) -> tuple[Rows, Floats]:
        """ids (queries, k) int64 and scores (queries, k) float32, best first."""
        ids = (self._keys & np.uint64(_ALL)).astype(np.int64)
        ids[self._keys == _EMPTY] = -1
        return ids, _scores_of(self._keys)

    def _offer(self, query_rows: Rows, keys: Hashes) -> None:
        if not len(query_rows):
            return
        order = np.argsort(query_rows, kind="stable")
        touched, starts, counts = np.unique(
            query_rows[order], return_index=True, return_counts=True
        )
        group = np.repeat(np.arange(len(touched)), counts)
        place = np.arange(len(order)) - starts[group]
        pool = np.full((len(touched), self.k + int(counts.max())), _EMPTY, dtype=np.uint64)
        pool[:, : self.k] = self._keys[touched]
        pool[group, self.k + place] = keys[order]
        self._keys[touched] = _sorted_distinct(pool)[:, : self.k]


def _sorted_distinct(keys: Hashes) -> Hashes:
    """Rows sorted best first, repeated keys blanked."""
    keys.sort(axis=1)
    again = (keys[:, 1:] == keys[:, :-1]) & (keys[:, 1:] != _EMPTY)
    if again.any():
        keys[:, 1:][again] = _EMPTY
        keys.sort(axis=1)
    return keys


def _pack(ids: Rows, scores: Floats) -> Hashes:
    """One uint64 per candidate whose ascending order is best first: score down, then id up."""
    bits = (np.asarray(scores, dtype=np.float32) + np.float32(0)).view(np.uint32)  # -0.0 is 0.0
    ascending = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    packed: Hashes = (~ascending).astype(np.uint64) << np.uint64(32) | ids.astype(np.uint64)
    return packed


def _scores_of(keys: Hashes) -> Floats:
    ascending = ~(keys >> np.uint64(32)).astype(np.uint32)
    bits = np.where(ascending & _SIGN, ascending & ~_SIGN, ~ascending).astype(np.uint32)
    scores = bits.view(np.float32)
    return np.where(keys == _EMPTY, np.float32(-np.inf), scores)


def visit(
    best: TopK,
    query_rows: Rows,
    queries: Floats,
    base: Floats,
    base_ids: Rows,
    block: int = BLOCK,
) -> None:
    """Offer every row of ``base`` (b, d), named by ``base_ids`` (b,), to the given queries.

    ``queries`` (m, d) are the vectors of ``query_rows`` (m,), each of which occurs once. At most
    ``4 * block**2`` bytes of scores exist at a time.
    """
    for part in blocks(len(base), block):
        for some in blocks(len(queries), block):
            floors = best.floors(query_rows[some])
            found, columns = nominate(queries[some], base[part], floors, best.k)
            scores = pair_scores(queries[some], found, base[part], columns)
            best.update(query_rows[some][found], base_ids[part][columns], scores)


def search_list(queries: Vectors, base: Vectors, k: int, block: int = BLOCK) -> tuple[Rows, Floats]:
    """The k best rows of ``base`` (b, d) for each of ``queries`` (q, d): (q, k) ids and scores."""
    return exact_search(queries, [base], k, block)


def exact_search(
    queries: Vectors, base_blocks: Iterable[Vectors], k: int, block: int = BLOCK
) -> tuple[Rows, Floats]:
    """The k best rows over all blocks, held one at a time; ids count rows across the blocks.

    Returns ids (q, k) int64 and scores (q, k) float32.
    """
    rows = as_rows(queries)
    best = TopK(len(rows), k)
    everyone = np.arange(len(rows))
    first = 0
    for base in base_blocks:
        ids = np.arange(first, first + len(base))
        visit(best, everyone, rows, as_rows(base), ids, block)
        first += len(base)
    return best.result()


def probe(queries: Vectors, centroids: Vectors, nprobe: int, block: int = BLOCK) -> Ints:
    """The ``nprobe`` nearest lists of each query, nearest first: (n, min(nprobe, lists)) int32."""
    lists, _ = search_list(queries, centroids, min(nprobe, len(centroids)), block)
    return lists.astype(np.int32)


def search_lists(
    queries: Vectors,
    query_lists: Ints,
    base: Vectors,
    base_lists: Ints,
    k: int,
    block: int = BLOCK,
) -> tuple[Rows, Floats]:
    """The k best base rows among the lists that each query probes.

    queries (q, d); query_lists (q, p), -1 for no probe; base (b, d); base_lists (b,). Returns ids
    (q, k) int64, rows of ``base``, and scores (q, k) float32.
    """
    rows = as_rows(queries)
    best = TopK(len(rows), k)
    members = ListOrder(base_lists)
    probes = ListOrder(query_lists.ravel())
    for number in probes.lists:
        ids = members.rows_of(number)
        if number >= 0 and len(ids):
            visitors = np.unique(probes.rows_of(number) // max(1, query_lists.shape[1]))
            visit(best, visitors, rows[visitors], as_rows(base[ids]), ids, block)
    return best.result()


class ListOrder:
    """Which rows belong to which list, for ``lists`` (n,) of any integers."""

    def __init__(self, lists: Ints) -> None:
        self._order: Rows = np.argsort(lists, kind="stable")
        found, starts = np.unique(lists[self._order], return_index=True)
        self.lists: list[int] = found.tolist()
        ends = np.append(starts[1:], len(lists)).tolist()
        self._spans = dict(zip(self.lists, zip(starts.tolist(), ends, strict=True), strict=True))

    def rows_of(self, number: int) -> Rows:
        """Ascending row numbers of one list; empty when nothing is in it."""
        start, end = self._spans.get(number, (0, 0))
        return self._order[start:end]
