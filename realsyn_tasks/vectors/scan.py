"""Find the pairs that may score high enough, then score exactly those.

A matrix product rounds differently for every block shape, thread count and CPU. So it only
nominates: ``nominate`` returns every pair whose score could reach its floor, given a bound on
the product's rounding error. ``pair_scores`` then adds each nominated pair's terms in one fixed
tree of element-wise operations, which gives the same bits everywhere. A faster or coarser
product (int8, bfloat16, a GPU) needs only a bound of its own to give the same answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.core import halves

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Rows = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Vectors = NDArray[np.floating[Any]]  # (n, d), any float type; computed on as float32

BLOCK = 1024  # rows of either side of one product: a tile of scores is 4 MB
ROUNDING: float = 2.0**-24  # unit roundoff of float32
_PAIRS_AT_ONCE = 256  # two gathered (256, d) blocks stay in a core's cache


def blocks(count: int, block: int) -> Iterator[slice]:
    """Consecutive slices of at most ``block`` rows that cover ``count`` rows."""
    if block < 1:
        raise ValueError(f"block must be at least 1, got {block}")
    for start in range(0, count, block):
        yield slice(start, min(start + block, count))


def as_rows(vectors: Vectors) -> Floats:
    """The same rows as a C-contiguous (n, d) float32 array; no copy when they already are."""
    if vectors.ndim != 2:
        raise ValueError(f"expected rows of shape (n, d), got shape {vectors.shape}")
    if vectors.dtype != np.float16:
        return np.ascontiguousarray(vectors, dtype=np.float32)
    rows = np.empty(vectors.shape, dtype=np.float32)
    halves.widen(np.ascontiguousarray(vectors), rows)
    return rows


def largest_norm(vectors: Floats) -> float:
    """Largest Euclidean norm of the (n, d) rows, slightly rounded up; 0.0 without rows.

    Raises ValueError when a row holds NaN or infinity, which no bound could cover.
    """
    if not len(vectors):
        return 0.0
    norm = float(np.sqrt(np.einsum("ij,ij->i", vectors, vectors).max())) * 1.001
    if not np.isfinite(norm):
        raise ValueError("vectors hold NaN or infinity")
    return norm


def error_bound(left: Floats, right: Floats) -> float:
    """How far a float32 product of these rows can be from ``pair_scores``, in any order.

    The classic bound ``d * u * |x| * |y|`` of a length-d dot product, plus room for the tree sum
    and for arithmetic on floors.
    """
    terms = int(left.shape[1]) + 32
    return terms * ROUNDING * largest_norm(left) * largest_norm(right)


def nominate(
    queries: Floats, base: Floats, floors: Floats, k: int | None = None
) -> tuple[Rows, Rows]:
    """Every (query, base) pair whose score may reach the query's floor.

    queries (q, d), base (b, d), floors (q,) float32. With ``k``, a query whose floor is -inf asks
    for the k best of this block only. Returns query rows (ascending) and base rows of the
    nominees; a superset of the pairs that qualify under ``pair_scores``.
    """
    scores = queries @ base.T
    slack = np.float32(error_bound(queries, base))
    lowest = floors - slack
    if k is not None and k < len(base):
        unset = np.flatnonzero(np.isneginf(floors))
        lowest[unset] = _kth_best(scores[unset], k) - 2 * slack
    flat = np.flatnonzero(scores >= lowest[:, None])
    rows, columns = np.divmod(flat, max(1, len(base)))
    return rows, columns


def _kth_best(scores: Floats, k: int) -> Floats:
    position = scores.shape[1] - k
    best: Floats = np.partition(scores, position, axis=1)[:, position]
    return best


def pair_scores(left: Floats, left_rows: Rows, right: Floats, right_rows: Rows) -> Floats:
    """Dot product of ``left[left_rows[i]]`` and ``right[right_rows[i]]`` for every i; (m,) float32.

    Each product's terms are added in one fixed binary tree, so the bits depend on the two rows
    alone.
    """
    from realsyn_tasks.vectors import native  # which knows the types of this module

    kernel = native.kernel()
    if kernel and left.flags.c_contiguous and right.flags.c_contiguous:
        return kernel.pair_scores(left, left_rows, right, right_rows)
    scores = np.empty(len(left_rows), dtype=np.float32)
    for part in blocks(len(left_rows), _PAIRS_AT_ONCE):
        scores[part] = _tree_sum(left[left_rows[part]] * right[right_rows[part]])
    return scores


def _tree_sum(terms: Floats) -> Floats:
    """Row sums of ``terms``, halving the width until one column is left; overwrites ``terms``."""
    width = terms.shape[1]
    while width > 1:
        half = (width + 1) // 2
        terms[:, : width - half] += terms[:, half:width]
        width = half
    return terms[:, 0] if width else np.zeros(len(terms), dtype=np.float32)
