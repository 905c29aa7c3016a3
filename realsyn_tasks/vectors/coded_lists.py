"""Lists whose rows are coded once for all queries that visit them.

A few rotated dimensions decide about most pairs (``native/lists.cpp``): that is how to search
where a row meets many queries, as its codes cost as much as meeting some hundred. The nearest list
of a query comes first, so that its floor is high before the mass of pairs is looked at.

With a ``Cut`` other than EXACT some of the best rows may be missed; ``calibrated`` chooses one by
queries. On the portable path every search is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.vectors import kmeans, native
from realsyn_tasks.vectors.basis import WIDTH, Basis, sample
from realsyn_tasks.vectors.hash_order import bottom_k, row_order
from realsyn_tasks.vectors.native import lists as native_lists
from realsyn_tasks.vectors.native.lists import Asked, CodedList, Frame
from realsyn_tasks.vectors.scan import Floats, Ints, Rows, Vectors, as_rows, blocks
from realsyn_tasks.vectors.search import ListOrder, TopK, distinct, exact_search, scan_lists

PAYS_FROM = 2000  # queries that a row has to meet for its codes to be worth their making
DIMENSIONS_FROM = 2 * WIDTH
SCANNED = ("amx",)  # kernels that scan all dimensions faster than they look at what codes let pass
EXACT_FROM = 16_000  # the same in an exact search, of which floors are lower
OWN_FROM = 1 << 13  # rows from which an exact search makes lists of its own
NARROW = 128  # directions that serve best where there is a cut
GAIN, SHARES = 0.6, (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8)
MARGIN = 0.05  # on the share that loses nothing
_EXACT_WIDTH = 256  # directions where floors are low
_RANKS = (0, 1, 8)  # a query's nearest list comes first, then its near ones, then the rest
_CODED = 4096  # rows whose heads are made at a time
_LEARNT = 2048  # rows of the first lists, which choose a basis for the others
_OF_LIST = 128  # of so many of each
_OWN_SAMPLE = 64  # rows for each list of an exact search

Visits = Iterator[tuple[int, Rows, NDArray[np.bool_]]]


class Cut(NamedTuple):
    """What counts of the dimensions that are left out.

    Their products are at most ``share`` of what Cauchy and Schwarz allow, beside ``gain`` times
    the product of the others.
    """

    share: float = 1.0
    gain: float = 0.0


EXACT = Cut()


class CodedLists:
    """Rows (n, d) with their lists (n,), kept with codes: d + m + 50 bytes a row.

    ``queries`` are some like those to come. They and the ``width`` m decide how fast searches are,
    and what is found where there is a cut.
    """

    def __init__(self, base: Vectors, lists: Ints, queries: Vectors, width: int = WIDTH) -> None:
        """Code the base. Raises ValueError for rows with NaN or infinity."""
        self._base, self._lists = stored(base), lists
        order = ListOrder(lists)
        self._coded: dict[int, CodedList] | None = None
        if native.kernel() and len(base) and 0 < base.shape[1] <= native.WIDEST:
            members = [order.rows_of(number) for number in order.lists]
            self._frame = frame_of(self._base, members, as_rows(queries), width)
            made = coded(self._frame, self._base, members, members)
            self._coded = dict(zip(order.lists, made, strict=True)) if made else None

    def search(
        self, queries: Vectors, query_lists: Ints, k: int, cut: Cut = EXACT
    ) -> tuple[Rows, Floats]:
        """Do ``search.search_lists`` of this base, with the same bits unless there is a cut."""
        rows = as_rows(queries)
        asked = asked_of(self._frame, rows) if self._coded else None
        if asked is None or self._coded is None:
            return scan_lists(rows, query_lists, self._base, self._lists, k)
        best, by_number = TopK(len(rows), k), self._coded
        mean_list = len(self._base) // len(by_number)

        def part(some: slice) -> None:
            dots = _products(rows[some], list(by_number.values()))
            places = {number: place for place, number in enumerate(by_number)}
            for number, which, nearest in ranked(query_lists[some]):
                if number in by_number:
                    known = dots[places[number]][which]
                    best.visit(asked, by_number[number], which + some.start, nearest, cut, known)

        _on_threads(part, len(rows), query_lists.size * mean_list * rows.shape[1])
        return best.result()

    def search_all(self, queries: Vectors, k: int) -> tuple[Rows, Floats]:
        """Do ``search.exact_search`` of this base, with the same bits."""
        rows = as_rows(queries)
        asked = asked_of(self._frame, rows) if self._coded else None
        if asked is None or self._coded is None:
            return exact_search(rows, [self._base], k)
        best = TopK(len(rows), k)
        _offer_all(best, asked, list(self._coded.values()))
        return best.result()


class OwnLists:
    """Lists by which blocks of a base are searched exactly; fitted to its first block."""

    def __init__(self, queries: Floats, first: Vectors) -> None:
        """Fit to (n, d) rows. Raises ValueError for rows with NaN or infinity."""
        count = max(1, isqrt(len(first)) // 4)
        drawn = np.sort(bottom_k(row_order(len(first), 0), _OWN_SAMPLE * count))
        sampled = as_rows(first[drawn])
        self._queries, self._centroids = queries, kmeans.fit(sampled, count, iterations=2)
        members = _members(kmeans.assign(sampled, self._centroids))
        self._frame = frame_of(sampled, members, queries, _EXACT_WIDTH)
        self._asked = asked_of(self._frame, queries)

    def offer(self, best: TopK, base: Vectors, ids: Rows) -> bool:
        """Offer all rows, named ``ids``; False, having done nothing, if the kernel cannot."""
        asked, base = self._asked, stored(base)
        members = _members(kmeans.assign(base, self._centroids))
        made = coded(self._frame, base, members, [ids[rows] for rows in members])
        if made is None or asked is None:
            return False
        _offer_all(best, asked, made)
        return True


class ListsInTurn:
    """Lists that come one at a time: the first few choose a basis, the others are coded in it."""

    def __init__(self, queries: Floats) -> None:
        self._queries, self._learnt = queries, [np.empty((0, queries.shape[1]), dtype=np.float32)]
        self._frame: Frame | None = None
        self._asked: Asked | None = None

    def offer(self, best: TopK, which: Rows, base: Vectors, ids: Rows) -> bool:
        """Offer a list's rows, named ``ids``; False, having done nothing, where that is no use."""
        if not pays(len(which), base.shape[1]):
            return False
        if self._frame is None:
            self._learn(base)
            return False
        base = stored(base)
        made = coded(self._frame, base, [np.arange(len(base))], [ids]) if self._asked else None
        asked = self._asked
        if not made or asked is None:
            return False

        def part(some: slice) -> None:
            flags = np.zeros(some.stop - some.start, dtype=np.bool_)
            best.visit(asked, made[0], which[some], flags, EXACT)

        _on_threads(part, len(which), len(which) * base.size)
        return True

    def _learn(self, base: Vectors) -> None:
        some = as_rows(base[:: max(1, len(base) // _OF_LIST)])
        self._learnt.append(some - some.mean(axis=0))
        rows = np.concatenate(self._learnt)
        if len(rows) >= _LEARNT:
            basis = Basis.of(rows, np.zeros(len(rows), dtype=np.int64))
            self._frame = Frame(basis, native.mean_row(self._queries))
            self._asked = asked_of(self._frame, self._queries)


def own_pay(queries: Floats, base: Vectors) -> bool:
    """Whether an exact search is to make lists of these rows."""
    large = len(base) >= OWN_FROM and len(queries) >= EXACT_FROM
    return large and pays(len(queries), base.shape[1]) and base.shape[1] == queries.shape[1]


def pays(meetings: int, dim: int) -> bool:
    """Whether rows of ``dim`` dimensions that each meet so many queries are worth such codes."""
    kernel = native.kernel()
    fits = meetings >= PAYS_FROM and DIMENSIONS_FROM <= dim <= native.WIDEST
    return fits and kernel is not None and kernel.name not in SCANNED


def calibrated(lists: CodedLists, queries: Vectors, query_lists: Ints, k: int) -> Cut:
    """Choose the least share that loses none of the k best of these queries, and some more."""
    expected, _ = lists.search(queries, query_lists, k)
    for share in SHARES:
        rows, _ = lists.search(queries, query_lists, k, Cut(share, GAIN))
        if np.array_equal(rows, expected):
            return Cut(share + MARGIN, GAIN)
    return EXACT


def _offer_all(best: TopK, asked: Asked, lists: Sequence[CodedList]) -> None:
    """Offer all lists to all queries, each one's nearest first."""
    rows = sum(map(len, lists))

    def part(some: slice) -> None:
        dots = _products(asked.queries[some], lists)
        nearest = dots.argmax(axis=0)
        for first in (True, False):
            for number, one_list in enumerate(lists):
                which = np.flatnonzero((nearest == number) == first)
                flags, known = np.full(len(which), first), dots[number][which]
                best.visit(asked, one_list, which + some.start, flags, EXACT, known)

    _on_threads(part, len(asked.queries), asked.queries.size * rows)


def ranked(query_lists: Ints) -> Visits:
    """Which rows of (q, p) lists visit which list, and whether it is the nearest of each."""
    for first, end in pairwise((*_RANKS, max(_RANKS[-1], query_lists.shape[1]))):
        probes = query_lists[:, first:end]
        if probes.size:
            order = ListOrder(probes.ravel())
            for number in order.lists:
                if number >= 0:
                    which = distinct(order.rows_of(number) // probes.shape[1])
                    yield number, which, np.full(len(which), first == 0)


def frame_of(base: Vectors, members: Sequence[Rows], queries: Floats, width: int = WIDTH) -> Frame:
    """Choose what lists of these rows of ``base`` are coded in, for queries like these."""
    rows, numbers = sample(list(members))
    basis = Basis.of(as_rows(base[rows]), numbers, width)
    return Frame(basis, native.mean_row(queries))


def asked_of(frame: Frame, queries: Floats) -> Asked | None:
    """Make queries ready; None where another path has to take them."""
    kernel = native.kernel()
    asked = Asked(kernel, frame, queries) if kernel else None
    return asked if asked and asked.fits else None


def coded(
    frame: Frame, base: Vectors, members: Sequence[Rows], names: Sequence[Rows]
) -> list[CodedList] | None:
    """Code lists as ``native.lists.code_lists`` does, some at a time, on threads."""
    kernel = native.kernel()
    if kernel is None:
        return None
    ends = np.cumsum([len(rows) for rows in members]) // _CODED
    cuts = [0, *(np.flatnonzero(np.diff(ends)) + 1).tolist(), len(members)]

    def some(span: tuple[int, int]) -> list[CodedList] | None:
        part = slice(*span)
        return native_lists.code_lists(kernel, frame, base, members[part], names[part])

    parts = native.each(some, pairwise(cuts), native.workers(2 * sum(map(len, members))))
    made = [one_list for part in parts if part is not None for one_list in part]
    return made if len(made) == len(members) else None


def stored(base: Vectors) -> Vectors:
    """The rows in a form that codes can be made of: C-contiguous float16 or float32."""
    return np.ascontiguousarray(base) if base.dtype == np.float16 else as_rows(base)


def _products(queries: Floats, lists: Sequence[CodedList]) -> Floats:
    """Products of (l,) lists' means with (q, d) queries; (l, q)."""
    products: Floats = np.stack([one_list.mean for one_list in lists]) @ queries.T
    return products


def _members(lists: Ints) -> list[Rows]:
    order = ListOrder(lists)
    return [order.rows_of(number) for number in order.lists]


def _on_threads(part: Callable[[slice], None], queries: int, products: int) -> None:
    threads = native.workers(products >> 16)
    step = max(8, -(-queries // threads))
    native.each(part, blocks(queries, step), threads)
