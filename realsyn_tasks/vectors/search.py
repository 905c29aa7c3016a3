"""Nearest rows by cosine: running top-k, list-major search, exact search, probing.

List-major means: for each list, one matrix product of its rows with all queries that probe it.
Best is the higher score, then the lower row number; an empty slot is id -1 with score -inf.
Exact search is the same loop over every block of the base.

The native kernel does it where there is one, else matrix products do, with the same bits; with
``device``, such as "cuda", torch multiplies there (``device.py``).
Memory beside the arrays given: 12 bytes a slot of the answer, a quarter of the queries and of one
block or list of the base (their int8 codes), and 4 MB; where rows meet thousands of queries, by
codes of lists (``coded_lists``), d + 300 bytes a row of the queries and of the base or its block.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.vectors import native
from realsyn_tasks.vectors.faiss_products import products_of
from realsyn_tasks.vectors.native.lists import Asked, CodedList
from realsyn_tasks.vectors.scan import (
    BLOCK,
    Floats,
    Hashes,
    Ints,
    Rows,
    Vectors,
    as_rows,
    blocks,
    error_bound,
    nominate,
    pair_scores,
)

if TYPE_CHECKING:
    from realsyn_tasks.vectors.coded_lists import OwnLists

MAX_ID = 2**32 - 2
CODED = 1 << 14  # base rows that the kernel takes at a time
_EMPTY = np.uint64(2**64 - 1)
_SIGN = np.uint32(0x80000000)
_FEW = 16  # best rows that the kernel follows by their bounds; more come from products
_PRODUCTS = 1 << 22  # of those at a time
_LEAST_SLACK = 1e-30  # products of tiny numbers are whole multiples of 1e-45
_FEW_LISTS = 2**15 - 1
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
        _check(ids)
        self._offer(query_rows, _pack(ids, scores))

    def scan(
        self,
        scanner: native.Scanner,
        which: Rows,
        query_rows: Rows,
        base: Floats,
        ids: Rows,
        *,
        index: Rows | None = None,
        threads: int | None = None,
    ) -> bool:
        """Offer rows ``index`` (or all) of ``base`` to the scanner's queries ``which``.

        ``query_rows`` are their rows here. False when the kernel cannot take these rows.
        """
        _check(ids)
        return scanner.offer(self._keys, which, query_rows, base, ids, index, threads)

    def visit(
        self,
        asked: Asked,
        coded: CodedList,
        which: Rows,
        nearest: NDArray[np.bool_],
        cut: tuple[float, float],
        dots: Floats | None = None,
    ) -> None:
        """Offer a coded list to the queries ``which``, of whom some are ``nearest`` to it."""
        asked.visit(coded, which, nearest, self._keys, which, cut, dots)

    def merge(self, other: TopK) -> None:
        """Take over what ``other``, of the same queries, has found."""
        both = np.concatenate([self._keys, other._keys], axis=1)
        self._keys = np.ascontiguousarray(_sorteddistinct(both)[:, : self.k])

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
        self._keys[touched] = _sorteddistinct(pool)[:, : self.k]


def _check(ids: Rows) -> None:
    if len(ids) and (ids.min() < 0 or ids.max() > MAX_ID):
        raise ValueError(f"ids must be between 0 and {MAX_ID}")


def _sorteddistinct(keys: Hashes) -> Hashes:
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


class _Search:
    """Queries in search of their best rows of a base like ``sample``."""

    def __init__(
        self, queries: Floats, sample: Floats, block: int, device: str | None = None
    ) -> None:
        self.queries, self._block = queries, block
        self._products = products_of(device) if device else None
        self._scanner = None if device else native.scanner(queries, sample)
        if self._products:
            self._halves, self._block = self._products.ready(queries), self._products.tile(block)

    def visit(
        self,
        best: TopK,
        which: Rows,
        query_rows: Rows,
        base: Floats,
        ids: Rows,
        index: Rows | None = None,
        threads: int | None = None,
    ) -> None:
        """Offer rows ``index`` (or all) of ``base`` to queries ``which``, rows of ``best``."""
        for part in blocks(len(ids), max(CODED, self._block)):
            some = base[part] if index is None else base
            rows = None if index is None else index[part]
            if not (
                self._scanner
                and best.scan(
                    self._scanner, which, query_rows, some, ids[part], index=rows, threads=threads
                )
            ):
                vectors = some if rows is None else some[rows]
                self._offer(best, which, query_rows, vectors, ids[part])

    def _offer(self, best: TopK, which: Rows, query_rows: Rows, base: Floats, ids: Rows) -> None:
        """By products; at most ``4 * block**2`` bytes of scores exist at a time."""
        for part in blocks(len(base), self._block):
            halves = self._products.ready(base[part]) if self._products else None
            for some in blocks(len(which), self._block):
                queries, floors = self.queries[which[some]], best.floors(query_rows[some])
                if self._products and halves is not None:
                    left = self._halves[which[some]]
                    rows, columns, scores = self._products.scored(left, halves, floors, best.k)
                else:
                    rows, columns = nominate(queries, base[part], floors, best.k)
                    scores = pair_scores(queries, rows, base[part], columns)
                best.update(query_rows[some][rows], ids[part][columns], scores)


def visit(
    best: TopK,
    query_rows: Rows,
    queries: Floats,
    base: Floats,
    base_ids: Rows,
    block: int = BLOCK,
    device: str | None = None,
) -> None:
    """Offer every row of ``base`` (b, d), named by ``base_ids`` (b,), to the given queries.

    ``queries`` (m, d) are the vectors of ``query_rows`` (m,), each of which occurs once.
    """
    rows = as_rows(queries)
    places, ids = np.asarray(query_rows, dtype=np.int64), np.asarray(base_ids, dtype=np.int64)
    search = _Search(rows, base, block, device)
    search.visit(best, np.arange(len(rows)), places, as_rows(base), ids)


def search_list(
    queries: Vectors, base: Vectors, k: int, block: int = BLOCK, device: str | None = None
) -> tuple[Rows, Floats]:
    """The k best rows of ``base`` (b, d) for each of ``queries`` (q, d): (q, k) ids and scores."""
    return exact_search(queries, [base], k, block, device)


def exact_search(
    queries: Vectors,
    base_blocks: Iterable[Vectors],
    k: int,
    block: int = BLOCK,
    device: str | None = None,
) -> tuple[Rows, Floats]:
    """The k best rows over all blocks, held one at a time; ids count rows across the blocks.

    Returns ids (q, k) int64 and scores (q, k) float32.
    """
    from realsyn_tasks.vectors import coded_lists  # which searches by functions of this module

    rows = as_rows(queries)
    best = TopK(len(rows), k)
    everyone = np.arange(len(rows))
    search: _Search | None = None
    own: OwnLists | None = None
    first = 0
    for base in base_blocks:
        ids = np.arange(first, first + len(base))
        first += len(base)
        if not device and coded_lists.own_pay(rows, base):
            own = own or coded_lists.OwnLists(rows, base)
            if own.offer(best, base, ids):
                continue
        search = search or (_Search(rows, base, block, device) if len(base) else None)
        if search:
            search.visit(best, everyone, everyone, as_rows(base), ids)
    return best.result()


def probe(
    queries: Vectors,
    centroids: Vectors,
    nprobe: int,
    block: int = BLOCK,
    device: str | None = None,
) -> Ints:
    """The ``nprobe`` nearest lists of each query, nearest first: (n, min(nprobe, lists)) int32."""
    count, kernel = min(nprobe, len(centroids)), None if device else native.kernel()
    if kernel and count > _FEW:
        return _by_products(kernel, as_rows(queries), as_rows(centroids), count)
    lists, _ = search_list(queries, centroids, count, block, device)
    return lists.astype(np.int32)


def _by_products(kernel: native.Kernel, queries: Floats, base: Floats, k: int) -> Ints:
    """The k best rows of ``base`` by float32 products; those too close for them are scored."""
    best = np.empty((len(queries), k), dtype=np.int32)
    for part in blocks(len(queries), max(8, min(BLOCK, _PRODUCTS // len(base)))):
        slack = max(error_bound(queries[part], base), _LEAST_SLACK)
        products = queries[part] @ base.T
        best[part] = kernel.best_of_products(products, queries[part], base, slack, k)
    return best


def search_lists(
    queries: Vectors,
    query_lists: Ints,
    base: Vectors,
    base_lists: Ints,
    k: int,
    block: int = BLOCK,
    device: str | None = None,
) -> tuple[Rows, Floats]:
    """The k best base rows among the lists that each query probes.

    queries (q, d); query_lists (q, p), -1 for no probe; base (b, d); base_lists (b,). Returns ids
    (q, k) int64, rows of ``base``, and scores (q, k) float32. Fastest where each query's lists
    are nearest first. Rows that meet many queries are coded, all before any is searched.
    """
    from realsyn_tasks.vectors import coded_lists  # which searches by functions of this module

    lists = max(1, len(np.unique(base_lists)))
    if not device and coded_lists.pays(query_lists.size // lists, base.shape[1]):
        coded = coded_lists.CodedLists(base, base_lists, queries)
        return coded.search(queries, query_lists, k)
    return scan_lists(queries, query_lists, base, base_lists, k, block, device)


def scan_lists(
    queries: Vectors,
    query_lists: Ints,
    base: Vectors,
    base_lists: Ints,
    k: int,
    block: int = BLOCK,
    device: str | None = None,
) -> tuple[Rows, Floats]:
    """Do ``search_lists`` by products of all dimensions, coding one list at a time."""
    rows = as_rows(queries)
    members, probes = ListOrder(base_lists), ListOrder(query_lists.ravel())
    search = _Search(rows, base, block, device)
    ready = base.dtype == np.float32 and base.flags.c_contiguous
    left = iter(probes.lists)  # shared: each thread takes the next list that nobody has

    def some(_: int) -> TopK:
        best = TopK(len(rows), k)
        for number in left:
            ids = members.rows_of(number)
            if number >= 0 and len(ids):
                visitors = distinct(probes.rows_of(number) // max(1, query_lists.shape[1]))
                taken, index = (base, ids) if ready else (as_rows(base[ids]), None)
                search.visit(best, visitors, visitors, taken, ids, index, threads=1)
        return best

    mean_list = max(1, len(base_lists) // max(1, len(members.lists)))
    work = query_lists.size * mean_list * rows.shape[1] >> 16
    threads = 1 if device else native.workers(work)
    parts: list[TopK] = native.each(some, range(threads), threads)
    for other in parts[1:]:
        parts[0].merge(other)
    return parts[0].result()


def search_stored_lists(
    queries: Vectors,
    query_lists: Ints,
    lists: Iterable[tuple[int, Vectors, Rows]],
    k: int,
    block: int = BLOCK,
    device: str | None = None,
) -> tuple[Rows, Floats]:
    """``search_lists`` over lists that come one at a time, as from storage, and in any order.

    Each is (number, its rows (b, d), their ids (b,)); a list may come in parts. Only one is held.
    Rows of float16 need not be made float32: where many queries meet them, the kernel does so.
    """
    from realsyn_tasks.vectors import coded_lists  # which searches by functions of this module

    rows = as_rows(queries)
    best, probes = TopK(len(rows), k), ListOrder(query_lists.ravel())
    search, in_turn = None, None if device else coded_lists.ListsInTurn(rows)
    for number, base, ids in lists:
        visitors = distinct(probes.rows_of(number) // max(1, query_lists.shape[1]))
        if not (len(visitors) and len(base)):
            continue
        if not (in_turn and in_turn.offer(best, visitors, base, ids)):
            search = search or _Search(rows, base, block, device)
            search.visit(best, visitors, visitors, as_rows(base), ids)
    return best.result()


def distinct(ascending: Rows) -> Rows:
    """The same row numbers, each once; (n,) ascending."""
    first: Rows = ascending[np.append(True, ascending[1:] != ascending[:-1])[: len(ascending)]]
    return first


class ListOrder:
    """Which rows belong to which list, for ``lists`` (n,) of any integers."""

    def __init__(self, lists: Ints) -> None:
        few = not len(lists) or (lists.min() >= -1 and lists.max() <= _FEW_LISTS)
        sortable = lists.astype(np.int16) if few else lists  # which numpy sorts by digits
        self._order: Rows = np.argsort(sortable, kind="stable")
        numbers, starts = np.unique(lists[self._order], return_index=True)
        self.lists: list[int] = numbers.tolist()
        ends = np.append(starts[1:], len(lists))[: len(starts)].tolist()
        self._spans = dict(zip(self.lists, zip(starts.tolist(), ends, strict=True), strict=True))

    def rows_of(self, number: int) -> Rows:
        """Ascending row numbers of one list; empty when nothing is in it."""
        start, end = self._spans.get(number, (0, 0))
        return self._order[start:end]
