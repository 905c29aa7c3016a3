"""Near-duplicates: pairs within a cosine or a Hamming distance, their groups, who stays.

All pair functions are exact, no pair within the threshold is missed, but one: above a few hundred
thousand rows ``near_pairs_in_lists`` compares only rows that share a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from realsyn_tasks.vectors import native
from realsyn_tasks.vectors.device import Products
from realsyn_tasks.vectors.kmeans import group_sums
from realsyn_tasks.vectors.prefix import Shadows
from realsyn_tasks.vectors.scan import (
    BLOCK,
    Floats,
    Hashes,
    Ints,
    Mask,
    Rows,
    Vectors,
    as_rows,
    blocks,
    nominate,
    pair_scores,
)
from realsyn_tasks.vectors.search import ListOrder, distinct

Pairs = NDArray[np.int64]  # (m, 2)


class Narrow(NamedTuple):
    """What stands for rows in products: some columns, a last one apart, of all rows or a few."""

    head: Floats
    rest: Floats | None
    taken: Rows | None = None

    @classmethod
    def of(cls, rows: Floats, shadows: Shadows | None) -> Narrow:
        return cls(*shadows.split(rows)) if shadows else cls(rows, None)


class Near(NamedTuple):
    """Both sides of a comparison, coded around one centre."""

    kernel: native.Kernel
    left: native.Coded
    right: native.Coded
    constant: float


TIE = 1e-6  # cosines to a group's centroid closer than this are the same
_FILTERED_FROM = 8192  # rows from which a filter pays for its own making
_PAIRS_HELD = 1 << 22  # pairs kept before they are folded into labels
_TILES_AT_ONCE = 8  # for each thread
_LIST_BLOCK = 1 << 12  # rows of one call of the kernel inside a list
_ROWS_HELD = 1 << 13  # vectors of groups read at a time
_LARGE = 1 << 20  # hashes from which 24-bit keys sort out more than 16-bit keys


def near_pairs(
    vectors: Vectors, threshold: float, block: int = BLOCK, device: str | None = None
) -> tuple[Pairs, Floats]:
    """All pairs i < j of the (n, d) rows with cosine >= threshold; (m, 2) sorted, (m,) cosines."""
    rows = as_rows(vectors)
    return _collected(_near_tiles(rows, rows, threshold, block, upper=True, device=device))


def near_pairs_between(
    a: Vectors, b: Vectors, threshold: float, block: int = BLOCK, device: str | None = None
) -> tuple[Pairs, Floats]:
    """All pairs (row of a, row of b) with cosine >= threshold; (m, 2) sorted, (m,) cosines."""
    left, right = as_rows(a), as_rows(b)
    return _collected(_near_tiles(left, right, threshold, block, upper=False, device=device))


def nearest_between(
    a: Vectors,
    b: Vectors,
    threshold: float,
    block: int = BLOCK,
    device: str | None = None,
    also: Callable[[Pairs], Mask] | None = None,
) -> tuple[Pairs, Floats]:
    """Of each row of a the pair of ``near_pairs_between`` with the highest cosine, if it has any.

    Gives (m, 2) pairs sorted, (m,) cosines; of equal cosines the lowest row of b. Of (m, 2) pairs
    those count for which ``also`` says True, too. Memory: one tile and two numbers for each row.
    """
    left, right = as_rows(a), as_rows(b)
    best = np.full(len(left), -1, dtype=np.int64)
    cosines = np.full(len(left), -np.inf, dtype=np.float32)
    for tile, scores in _near_tiles(left, right, threshold, block, upper=False, device=device):
        stay = also(tile) if also else np.ones(len(tile), dtype=np.bool_)
        rows, others, highest = _highest(tile[stay], scores[stay])
        tied = (highest == cosines[rows]) & (others < best[rows])
        better = (highest > cosines[rows]) | tied
        best[rows[better]], cosines[rows[better]] = others[better], highest[better]
    rows = np.flatnonzero(best >= 0)
    return np.stack([rows, best[rows]], axis=1), cosines[rows]


def _highest(pairs: Pairs, scores: Floats) -> tuple[Rows, Rows, Floats]:
    """Of each left row the pair of the highest score: left rows, right rows, scores."""
    order = np.lexsort((pairs[:, 1], -scores, pairs[:, 0]))
    rows, first = np.unique(pairs[order, 0], return_index=True)
    return rows, pairs[order][first, 1], scores[order][first]


def near_pairs_in_lists(
    vectors: Vectors,
    lists: Ints,
    threshold: float,
    block: int = BLOCK,
    device: str | None = None,
) -> tuple[Pairs, Floats]:
    """The pairs of ``near_pairs`` that share one of their lists; (m, 2) sorted, (m,) cosines.

    ``lists`` (n, c) are the nearest of each row, as ``search.probe`` finds them; -1 for none. Work
    grows as the sum of squares of the lists. A near pair is missed when its rows share no list:
    with c = 2 that was about 0.2 % of the pairs of cosine 0.95 of image-like vectors. Memory: the
    filter's columns of every row in float32, and one list's codes a thread.
    """
    rows, members = as_rows(vectors), _members(lists)
    filtered = len(rows) >= _FILTERED_FROM and members
    shadows = Shadows(rows, threshold, rows[_typical(members)]) if filtered else None
    floor = threshold - (shadows.slack(rows, rows) if shadows else 0.0)
    narrow = None if device or not native.kernel() else Narrow.of(rows, shadows)
    size = max(block, _LIST_BLOCK)

    def within(here: Rows) -> list[tuple[Pairs, Floats]]:
        part = narrow and narrow._replace(taken=here)
        coded = _coded(part, part, 1) if part else None
        if coded:
            return list(_coded_tiles(coded, (rows, rows), (floor, threshold), size, True, 1))
        some = rows[here]
        tiles = _near_tiles(
            some, some, threshold, block, upper=True, device=device, shadows=shadows
        )
        return [(here[pairs], scores) for pairs, scores in tiles]

    work = sum(len(here) ** 2 for here in members) >> 12
    threads = 1 if device else native.workers(work)
    tiles_by_list = native.each(within, members, threads)
    pairs, scores = _collected(tile for tiles in tiles_by_list for tile in tiles)
    again = np.append(False, (pairs[1:] == pairs[:-1]).all(axis=1))[: len(pairs)]
    return pairs[~again], scores[~again]


def _typical(members: list[Rows]) -> Rows:
    """Rows of the list below which half of the pairs are."""
    by_size = sorted(members, key=len)
    work = np.cumsum([len(some) ** 2 for some in by_size])
    return by_size[int(np.searchsorted(work, work[-1] / 2))]


def _members(lists: Ints) -> list[Rows]:
    """Distinct rows of each list, ascending; of lists with two or more."""
    order = ListOrder(lists.ravel())
    width = max(1, lists.shape[1])
    rows = [distinct(order.rows_of(number) // width) for number in order.lists if number >= 0]
    return [some for some in rows if len(some) > 1]


def near_groups(
    vectors: Vectors,
    threshold: float,
    block: int = BLOCK,
    device: str | None = None,
    also: Callable[[Pairs], Mask] | None = None,
) -> Rows:
    """``components`` of ``near_pairs`` without ever holding all pairs; (n,) int64 labels.

    For data in which some row may have very many copies: memory stays at one tile and a few
    million pairs. Of (m, 2) pairs those count for which ``also`` says True, too.
    """
    rows = as_rows(vectors)
    tiles = _near_tiles(rows, rows, threshold, block, upper=True, device=device)
    return _folded(len(rows), (pairs[also(pairs)] if also else pairs for pairs, _ in tiles))


def hamming_pairs(hashes: Hashes, radius: int) -> Pairs:
    """All pairs i < j of (n,) uint64 hashes that differ in at most ``radius`` bits; (m, 2) sorted.

    Multi-index hashing: hashes within r bits agree in j of any r + j bytes. Above radius 7 every
    pair is compared.
    """
    if not 0 <= radius <= 64:
        raise ValueError(f"radius must be between 0 and 64, got {radius}")
    runs = list(_hamming_runs(hashes, radius))
    if not runs:
        return np.empty((0, 2), dtype=np.int64)
    return np.unique(np.concatenate(runs), axis=0)


def hamming_groups(hashes: Hashes, radius: int) -> Rows:
    """``components`` of ``hamming_pairs``, equal hashes compared once; (n,) int64 labels."""
    distinct, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    labels = _folded(len(distinct), _hamming_runs(distinct, radius))
    smallest = np.full(len(distinct), len(hashes), dtype=np.int64)
    np.minimum.at(smallest, labels, first)
    return smallest[labels][inverse]


def lowest_within(hashes: Hashes, others: Hashes, radius: int) -> Rows:
    """Of each of (n,) uint64 hashes the lowest row of (m,) others within a radius; -1 for none.

    Equal hashes are compared once; no pairs are held.
    """
    mine, inverse = np.unique(hashes, return_inverse=True)
    theirs, first = np.unique(others, return_index=True)
    lowest = np.full(len(mine), len(others), dtype=np.int64)
    for pairs in _hamming_runs(np.concatenate([mine, theirs]), radius) if len(theirs) else ():
        across = pairs[(pairs[:, 0] < len(mine)) & (pairs[:, 1] >= len(mine))]
        np.minimum.at(lowest, across[:, 0], first[across[:, 1] - len(mine)])
    lowest[lowest == len(others)] = -1
    rows: Rows = lowest[inverse]
    return rows


def components(n: int, pairs: Pairs) -> Rows:
    """Connected components of n rows under ``pairs``; (n,) int64, the smallest row of each."""
    ones = np.ones(len(pairs))
    graph = sparse.csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, raw = connected_components(graph, directed=False)
    _, first, inverse = np.unique(raw, return_index=True, return_inverse=True)
    labels: Rows = first.astype(np.int64)[inverse]
    return labels


def representatives(vectors: Vectors, labels: Rows) -> Mask:
    """True for the one member of each group nearest its group's centroid; (n,) bool.

    Cosines within 1e-6 are a tie, which the lowest row wins: the two of a pair always tie.
    """
    rows = as_rows(vectors)
    _, numbers = np.unique(labels, return_inverse=True)
    sizes = np.bincount(numbers)
    means = group_sums(rows, numbers, len(sizes)) / np.maximum(sizes, 1)[:, None]
    centroids = means.astype(np.float32)
    scores = pair_scores(rows, np.arange(len(rows)), centroids, numbers)
    keep = np.zeros(len(rows), dtype=np.bool_)
    keep[_best(scores, numbers)] = True
    return keep


class Representative(NamedTuple):
    """Some rows, the one that stays in place of each, and their cosine; (m,) each."""

    rows: Rows
    kept: Rows
    cosines: Floats


def representatives_by_portion(
    groups: NDArray[Any], read: Callable[[Rows], Floats], block: int = _ROWS_HELD
) -> Iterator[Representative]:
    """``representatives`` of (n,) sorted groups, those that stay for others, vectors read by block.

    ``read`` gives the unit vectors of ascending rows. Rows of small groups are read once, some
    groups at a time; those of a group larger than a block three times. Groups of one are not read.
    """
    starts = np.flatnonzero(np.append(True, groups[1:] != groups[:-1])[: len(groups)])
    sizes = np.diff(np.append(starts, len(groups)))
    starts, sizes = starts[sizes > 1], sizes[sizes > 1]
    first = 0
    while first < len(sizes):
        held = np.cumsum(sizes[first : first + block])
        last = first + max(1, int(np.searchsorted(held, block, side="right")))
        yield _portion(starts[first:last], sizes[first:last], read, block)
        first = last


def _portion(
    starts: Rows, sizes: Rows, read: Callable[[Rows], Floats], block: int
) -> Representative:
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    before = np.cumsum(sizes) - sizes
    rows = np.arange(len(numbers)) + np.repeat(starts - before, sizes)
    parts = list(blocks(len(rows), block))
    held = read(rows) if len(parts) == 1 else None

    def scored(others: Floats) -> Floats:
        scores = np.empty(len(rows), dtype=np.float32)
        for part in parts:
            some = read(rows[part]) if held is None else held
            scores[part] = pair_scores(some, np.arange(len(some)), others, numbers[part])
        return scores

    sums = np.zeros((0, 0), dtype=np.float32)
    for part in parts:
        some, labels = read(rows[part]) if held is None else held, numbers[part]
        if len(sums):  # added to in the order of rows, as if all were held
            some = np.concatenate([sums, some])
            labels = np.concatenate([np.arange(len(sums)), labels])
        sums = group_sums(some, labels, len(sizes))
    centroids = (sums / sizes[:, None]).astype(np.float32)
    best = _best(scored(centroids), numbers)
    cosines = scored(read(rows[best]) if held is None else held[best])
    others = np.ones(len(rows), dtype=np.bool_)
    others[best] = False
    return Representative(rows[others], rows[best][numbers[others]], cosines[others])


def _best(scores: Floats, numbers: Rows) -> Rows:
    """Of each group the row of the highest score; of scores that tie the lowest row."""
    order = np.lexsort((np.arange(len(scores)), -np.round(scores / TIE), numbers))
    _, first = np.unique(numbers[order], return_index=True)
    rows: Rows = order[first]
    return rows


def _near_tiles(
    a: Floats,
    b: Floats,
    threshold: float,
    block: int,
    *,
    upper: bool,
    device: str | None,
    shadows: Shadows | None = None,
) -> Iterator[tuple[Pairs, Floats]]:
    """Tile by tile; with ``upper``, b is a and only pairs i < j count.

    Large inputs are filtered by shadows first, which changes the time but not the answer.
    """
    small = min(len(a), len(b)) < _FILTERED_FROM
    if not shadows and not small:
        shadows = Shadows(a if upper else np.concatenate([a, b]), threshold)
    floor = threshold - (shadows.slack(a, b) if shadows else 0.0)
    if not device and native.kernel():
        left, threads = Narrow.of(a, shadows), native.workers(len(a) + len(b))
        coded = _coded(left, left if upper else Narrow.of(b, shadows), threads)
        if coded:
            work = len(a) * len(b) * coded.left.dim >> 17
            limits, threads = (floor, threshold), native.workers(work)
            return _coded_tiles(coded, (a, b), limits, block, upper, threads)
    narrow_a = shadows.of(a) if shadows else a
    narrow_b = narrow_a if upper else shadows.of(b) if shadows else b
    if not device:
        return _tiles(nominate, (a, b), (narrow_a, narrow_b), (floor, threshold), block, upper)
    products = Products(device)
    halves = (products.ready(narrow_a), products.ready(narrow_b))
    size = products.tile(block)
    return _tiles(products.nominate, (a, b), halves, (floor, threshold), size, upper)


def _coded(a: Narrow, b: Narrow, threads: int) -> Near | None:
    """Rows made ready for the kernel, if there is one that can take them."""
    kernel, dim = native.kernel(), a.head.shape[1]
    if kernel is None or not len(a.head) or not len(b.head) or not 0 < dim <= native.WIDEST:
        return None
    middle = native.mean_row(b.head if b.taken is None else b.head[b.taken])
    left = kernel.code(a.head, middle, middle, base=False, index=a.taken, threads=threads)
    right = kernel.code(b.head, middle, middle, base=True, index=b.taken, threads=threads)
    if a.rest is not None and b.rest is not None:
        left.add(a.rest if a.taken is None else a.rest[a.taken])
        right.add(b.rest if b.taken is None else b.rest[b.taken])
    constant = float(middle.astype(np.float64) @ middle)
    return Near(kernel, left, right, constant) if left.fits and right.fits else None


def _coded_tiles(
    near: Near,
    full: tuple[Floats, Floats],
    limits: tuple[float, float],
    block: int,
    upper: bool,
    threads: int,
) -> Iterator[tuple[Pairs, Floats]]:
    """By the kernel, some tiles at once."""
    lanes = -(-block // native.LANES)
    width, groups = lanes * native.LANES, -(-near.right.count // native.LANES)
    tiles = [
        (rows, range(columns.start, columns.stop))
        for rows in blocks(near.left.count, width)
        for columns in blocks(groups, lanes)
        if not upper or columns.stop * native.LANES > rows.start
    ]

    def tile(of: tuple[slice, range]) -> tuple[Pairs, Floats]:
        which = np.arange(of[0].start, of[0].stop)
        return near.kernel.pairs(
            near.left, which, near.right, of[1], (near.constant, *limits), full, upper
        )

    for some in blocks(len(tiles), _TILES_AT_ONCE * threads):
        yield from native.each(tile, tiles[some], threads)


def _tiles(
    nominated: Callable[[Any, Any, Floats], tuple[Rows, Rows]],
    full: tuple[Floats, Floats],
    narrow: tuple[Any, Any],
    limits: tuple[float, float],
    block: int,
    upper: bool,
) -> Iterator[tuple[Pairs, Floats]]:
    for rows in blocks(len(full[0]), block):
        floors = np.full(rows.stop - rows.start, limits[0], dtype=np.float32)
        for columns in blocks(len(full[1]), block):
            if upper and columns.start < rows.start:
                continue
            left, right = nominated(narrow[0][rows], narrow[1][columns], floors)
            pairs = np.stack([left + rows.start, right + columns.start], axis=1)
            pairs = pairs[pairs[:, 0] < pairs[:, 1]] if upper else pairs
            yield _verified(*full, pairs, limits[1])


def _verified(a: Floats, b: Floats, pairs: Pairs, threshold: float) -> tuple[Pairs, Floats]:
    scores = pair_scores(a, pairs[:, 0], b, pairs[:, 1])
    near = scores >= np.float32(threshold)
    return pairs[near], scores[near]


def _collected(tiles: Iterator[tuple[Pairs, Floats]]) -> tuple[Pairs, Floats]:
    listed = list(tiles)
    if not listed:
        return np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.float32)
    pairs = np.concatenate([pairs for pairs, _ in listed])
    scores = np.concatenate([scores for _, scores in listed])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return pairs[order], scores[order]


def _folded(n: int, parts: Iterator[Pairs]) -> Rows:
    """Components of all the parts, holding a bounded number of pairs at a time."""
    labels = np.arange(n, dtype=np.int64)
    held: list[Pairs] = []
    for pairs in parts:
        held.append(pairs)
        if sum(map(len, held)) > _PAIRS_HELD:
            labels, held = _joined(labels, held), []
    return _joined(labels, held)


def _joined(labels: Rows, parts: list[Pairs]) -> Rows:
    known = np.stack([np.arange(len(labels)), labels], axis=1)
    return components(len(labels), np.concatenate([known, *parts]))


def _hamming_runs(hashes: Hashes, radius: int) -> Iterator[Pairs]:
    if radius > 7:
        yield from _compared(hashes, radius, np.arange(len(hashes)), np.zeros_like(hashes))
        return
    equal = min(8 - radius, 3 if len(hashes) > _LARGE else 2)
    for chosen in combinations(range(radius + equal), equal):
        key = _bytes_of(hashes, chosen)
        order = np.argsort(key, kind="stable")
        yield from _compared(hashes, radius, order, key[order])


def _bytes_of(hashes: Hashes, chosen: tuple[int, ...]) -> NDArray[Any]:
    """Some bytes of each hash side by side; two of them sort by radix, in linear time."""
    parts = [(hashes >> np.uint64(8 * byte)) & np.uint64(0xFF) for byte in chosen]
    whole = np.zeros(len(hashes), dtype=np.uint64)
    for place, part in enumerate(parts):
        whole |= part << np.uint64(8 * place)
    return whole.astype(np.uint16 if len(chosen) <= 2 else np.uint64)


def _compared(hashes: Hashes, radius: int, order: Rows, keys: Hashes) -> Iterator[Pairs]:
    """Close pairs within each run of equal (sorted) keys: neighbours 1 apart, then 2, ..."""
    left, step = np.arange(len(order)), 1
    while True:
        left = left[left + step < len(order)]
        left = left[keys[left] == keys[left + step]]
        if not len(left):
            return
        i, j = order[left], order[left + step]
        close = np.bitwise_count(hashes[i] ^ hashes[j]) <= radius
        if close.any():
            yield np.sort(np.stack([i[close], j[close]], axis=1), axis=1)
        step += 1
