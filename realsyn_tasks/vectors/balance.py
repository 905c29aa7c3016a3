"""Semantic balance sampling: at most ``cap`` items per cluster (paper §3.3).

The paper names caps (20, 35, 180) for its three scales; here the cap is solved for, so that a
target size is met exactly. Order within a cluster is that of a seeded hash, so scales nest: the
items kept for a smaller target are among those kept for a larger one.
"""

from __future__ import annotations

import numpy as np

from realsyn_tasks.vectors.hash_order import bottom_k
from realsyn_tasks.vectors.kmeans import ranks_in_runs
from realsyn_tasks.vectors.scan import Hashes, Ints, Mask, Rows


def cap_for_target(cluster_sizes: Rows, target: int) -> tuple[int, int]:
    """The largest cap with ``sum(min(size, cap)) <= target``, and what is left to the target.

    The remainder is smaller than the number of clusters larger than the cap. A target beyond the
    sum of the sizes keeps everything: (largest size, 0). Each step halves the clusters in question,
    so time and memory are linear in their number.
    """
    if target < 0:
        raise ValueError(f"target must not be negative, got {target}")
    rest = np.asarray(cluster_sizes, dtype=np.int64)
    if target >= rest.sum():
        return int(rest.max(initial=0)), 0
    below, larger = 0, 0  # items of clusters at most the cap; clusters above it
    while len(rest):
        middle = int(np.partition(rest, len(rest) // 2)[len(rest) // 2])
        upper, lower = rest[rest > middle], rest[rest < middle]
        settled = int(rest.sum() - upper.sum())  # of all up to the middle, whole
        if below + settled + (larger + len(upper)) * middle <= target:
            below, rest = below + settled, upper
        else:
            larger, rest = larger + len(rest) - len(lower), lower
    cap, remainder = divmod(target - below, larger)
    return cap, remainder


def balanced_ranks(clusters: Ints | Rows, hashes: Hashes) -> Rows:
    """Rank of each item in its cluster by hash, then by row; (n,) int64 from 0."""
    order = np.lexsort((np.arange(len(hashes)), hashes, clusters))
    ranks = np.empty(len(hashes), dtype=np.int64)
    ranks[order] = ranks_in_runs(clusters[order])
    return ranks


def balanced_mask(ranks: Rows, hashes: Hashes, cap: int, remainder: int) -> Mask:
    """Items of rank below ``cap``; of those of rank ``cap``, the ``remainder`` smallest hashes."""
    keep: Mask = ranks < cap
    next_in_line = np.flatnonzero(ranks == cap)
    keep[next_in_line[bottom_k(hashes[next_in_line], remainder)]] = True
    return keep


def balanced(clusters: Ints | Rows, hashes: Hashes, target: int) -> Mask:
    """The whole rule on arrays: exactly ``min(target, n)`` of the (n,) items, evenly spread."""
    _, sizes = np.unique(clusters, return_counts=True)
    cap, remainder = cap_for_target(sizes, target)
    return balanced_mask(balanced_ranks(clusters, hashes), hashes, cap, remainder)
