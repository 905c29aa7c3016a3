"""How much of the truth a search finds, with what confidence, and what that takes.

Intervals are Wilson score intervals over queries. A query's recall lies in [0, 1], so its
variance is at most that of a coin with the same mean: the interval is never too narrow on that
account, and needs no resampling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from realsyn_tasks.vectors.scan import Floats, Ints, Rows

Shares = NDArray[np.float64]
WORST_SCORE = -1.0  # what an empty slot counts as: the lowest cosine


@dataclass(frozen=True)
class Interval:
    """A mean over ``count`` queries and its confidence limits."""

    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Plan:
    """The fewest probes expected to meet a target recall.

    ``nprobe`` is 0 when every list must be searched, with recall 1 by construction. ``recall`` is
    that of the labelled sample; ``curve[p - 1]`` its mean recall at p probes.
    """

    nprobe: int
    recall: Interval
    curve: tuple[float, ...]

    @property
    def exact(self) -> bool:
        return self.nprobe == 0


def recall_at(found_ids: Rows, true_ids: Rows, k: int) -> Shares:
    """Share of each query's k true ids among its k found ids; (n,) float64.

    Both are (n, >= k), best first, -1 where empty. A query with no true id has recall 1.
    """
    truth, found = true_ids[:, :k], found_ids[:, :k]
    hit = (truth[:, :, None] == found[:, None, :]).any(axis=2)
    return _share(hit, truth >= 0)


def regret(found_scores: Floats, true_scores: Floats) -> Shares:
    """Mean score lost per query against the truth at the same ranks; (n,) float64, >= 0.

    Both are (n, k), best first, -inf where empty; an empty found slot counts as a score of -1.
    """
    wanted = np.isfinite(true_scores)
    found = np.where(np.isfinite(found_scores), found_scores, WORST_SCORE).astype(np.float64)
    lost = np.where(wanted, true_scores - found, 0.0)
    means: Shares = lost.sum(axis=1) / np.maximum(wanted.sum(axis=1), 1)
    return means


def confidence(shares: Shares, level: float = 0.95) -> Interval:
    """Two-sided Wilson interval of the mean of (n,) values in [0, 1]."""
    count = len(shares)
    if not count:
        return Interval(0.0, 0.0, 1.0, 0)
    mean = float(np.mean(shares))
    low, high = _wilson(mean, count, NormalDist().inv_cdf((1 + level) / 2))
    return Interval(mean, low, high, count)


def confidence_over(shares: Shares, groups: Sequence[str], level: float = 0.95) -> Interval:
    """Two-sided Wilson interval of the mean of (n,) values in [0, 1] that come in groups.

    The groups are what was drawn: as many trials are counted as give the variance between groups,
    at most n, and few groups widen the quantile as Student's t does. Where all values are alike,
    a group counts as one trial, by its weight (Kish).
    """
    if not len(shares):
        return Interval(0.0, 0.0, 1.0, 0)
    _, places, sizes = np.unique(
        np.asarray(groups, dtype=str), return_inverse=True, return_counts=True
    )
    mean, weight = float(np.mean(shares)), float(sizes.sum()) ** 2 / float((sizes**2.0).sum())
    off = np.bincount(places, np.asarray(shares) - mean)
    between = float((off**2).sum()) / len(shares) ** 2 * len(sizes) / max(1, len(sizes) - 1)
    trials = mean * (1 - mean) / between if between > 1e-12 else weight
    quantile = float(stdtrit(max(weight - 1, 1.0), (1 + level) / 2))
    low, high = _wilson(mean, min(trials, float(len(shares))), quantile)
    return Interval(mean, low, high, len(shares))


def list_ranks(query_lists: Ints, true_lists: Ints) -> Rows:
    """Rank, in a query's probes, of the list that holds each true neighbour; (n, k) int64.

    query_lists (n, p) nearest first; true_lists (n, k), -1 where there is no neighbour. A list
    that is not probed has rank p.
    """
    match = true_lists[:, :, None] == query_lists[:, None, :]
    ranks: Rows = np.where(match.any(axis=2), match.argmax(axis=2), query_lists.shape[1])
    return ranks


def probes_for_recall(
    query_lists: Ints, true_lists: Ints, lists: int, target: float, level: float = 0.95
) -> Plan:
    """The fewest probes whose recall is at least ``target`` with one-sided confidence ``level``.

    query_lists (n, p): each labelled query's lists, nearest first. true_lists (n, k): the list of
    each of its true k nearest, -1 where missing. ``lists`` is how many there are in all. Search
    inside a list is exact, so a neighbour is found once its list is probed, and one labelled
    sample gives the recall at every number of probes. Falls back to every list when p probes do
    not suffice.
    """
    if not 0 < target <= 1:
        raise ValueError(f"target recall must be in (0, 1], got {target}")
    ranks, wanted = list_ranks(query_lists, true_lists), true_lists >= 0
    z = NormalDist().inv_cdf(level)
    curve: list[float] = []
    for nprobe in range(1, min(query_lists.shape[1], lists - 1) + 1):
        mean = float(np.mean(_share(ranks < nprobe, wanted))) if len(ranks) else 0.0
        curve.append(mean)
        low, high = _wilson(mean, len(ranks), z)
        if low >= target:
            return Plan(nprobe, Interval(mean, low, high, len(ranks)), tuple(curve))
    return Plan(0, Interval(1.0, 1.0, 1.0, len(ranks)), tuple(curve))


def _share(hit: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> Shares:
    total = wanted.sum(axis=1)
    hits = (hit & wanted).sum(axis=1)
    return np.where(total > 0, hits / np.maximum(total, 1), 1.0)


def _wilson(mean: float, count: float, z: float) -> tuple[float, float]:
    if not count:
        return 0.0, 1.0
    scale = 1 + z * z / count
    centre = (mean + z * z / (2 * count)) / scale
    half = z / scale * sqrt(mean * (1 - mean) / count + z * z / (4 * count * count))
    return max(0.0, centre - half), min(1.0, centre + half)
