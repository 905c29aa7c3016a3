"""Exact quantiles of numbers that are too many to hold: a histogram of their leading bits.

The bits of a float32, with those of negative numbers turned around, are integers in the order of
the numbers. One reading counts the upper halves of all of them; another the lower halves of those
that share theirs with a number that is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.vectors.scan import Floats

HALF = 1 << 16  # values of half the bits

Read = Callable[[], Iterable[Floats]]  # gives the same numbers, piece by piece, at every call


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many of some numbers, none of them NaN, begin with each of the upper halves."""

    read: Read
    counts: NDArray[np.int64]  # (65,536,)

    @classmethod
    def of(cls, read: Read) -> Histogram:
        """Count numbers of float32."""
        counts = np.zeros(HALF, dtype=np.int64)
        for numbers in read():
            counts += np.bincount(_ordered(numbers) >> np.uint32(16), minlength=HALF)
        return cls(read, counts)

    @property
    def count(self) -> int:
        """Count the numbers."""
        return int(self.counts.sum())

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """Give the quantiles in the very bits of np.quantile of them in float64; there are some."""
        places = np.asarray(shares, dtype=np.float64) * (self.count - 1)
        lower = np.floor(places).astype(np.int64)
        upper = np.minimum(lower + 1, self.count - 1)
        values = self._at(np.concatenate([lower, upper])).reshape(2, -1)
        between = zip(values[0], values[1], places - lower, strict=True)
        return [float(np.quantile(np.array([a, b]), part)) for a, b, part in between]

    def _at(self, ranks: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the numbers at some ranks of the order, from 0."""
        ends = np.cumsum(self.counts)
        halves = np.searchsorted(ends, ranks, side="right")
        lower = self._lower(np.unique(halves).tolist())
        starts = ends[halves] - self.counts[halves]
        keys = [
            half << 16 | int(np.searchsorted(np.cumsum(lower[half]), rank, side="right"))
            for half, rank in zip(halves.tolist(), (ranks - starts).tolist(), strict=True)
        ]
        return _numbers(np.array(keys, dtype=np.uint32)).astype(np.float64)

    def _lower(self, halves: Sequence[int]) -> dict[int, NDArray[np.int64]]:
        """Count the lower halves of the numbers that begin with each of some upper ones."""
        counts = {half: np.zeros(HALF, dtype=np.int64) for half in halves}
        for numbers in self.read():
            keys = _ordered(numbers)
            for half in halves:
                mine = keys[keys >> np.uint32(16) == half] & np.uint32(HALF - 1)
                counts[half] += np.bincount(mine, minlength=HALF)
        return counts


def _ordered(numbers: Floats) -> NDArray[np.uint32]:
    """Turn float32 into integers of the same order; both zeros are one."""
    bits = (np.asarray(numbers, dtype=np.float32) + np.float32(0)).view(np.uint32)
    negative = bits >> np.uint32(31) == 1
    keys: NDArray[np.uint32] = np.where(negative, ~bits, bits | np.uint32(1 << 31))
    return keys


def _numbers(keys: NDArray[np.uint32]) -> Floats:
    positive = keys >> np.uint32(31) == 1
    numbers: Floats = np.where(positive, keys & np.uint32((1 << 31) - 1), ~keys).view(np.float32)
    return numbers
