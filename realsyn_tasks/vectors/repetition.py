"""How often the same things occur among many, told apart by their hashes.

Up to MOST_KEPT different things are counted exactly. Of more, all those whose hashes are small are:
a random sample of the things, with every occurrence of each. It says how many there are in all
(within 0.3 %, by 3 standard deviations), and has the most used of them where many are used as
often. What makes up much of everything is kept beside it, whatever its hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.vectors.scan import Hashes

MOST_USED = 100
MOST_KEPT = 1 << 21  # 16 bytes of each, and as many that wait to be counted
_END = 1 << 64  # of the hashes


@dataclass(frozen=True)
class Repetition:
    """How many things there are, and how much hangs on the most used of them."""

    items: int
    distinct: int
    most: int  # items that are the most used thing
    share: float  # of the items that are one of the 100 most used things
    commonest: int  # the hash of the most used thing; 0 where there is none


class Repetitions:
    """Counts equal hashes as they come, in bounded memory."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        """Keep so many different hashes at most."""
        self._most_kept = most_kept
        self._names = np.zeros(0, dtype=np.uint64)
        self._counts = np.zeros(0, dtype=np.int64)
        self._below = _END  # hashes below are counted from the first item on
        self._waiting: list[Hashes] = []
        self._items = 0

    def add(self, hashes: Hashes) -> None:
        """Count some more."""
        self._waiting.append(hashes)
        self._items += len(hashes)
        if sum(map(len, self._waiting)) > self._most_kept:
            self._count()

    def result(self) -> Repetition:
        """Say what was counted so far."""
        self._count()
        names, counts = self._names, self._counts
        top = np.sort(counts)[::-1][:MOST_USED]
        sampled = int(self._small().sum())
        return Repetition(
            items=self._items,
            distinct=sampled * _END // self._below,
            most=int(top.max(initial=0)),
            share=float(top.sum() / max(1, self._items)),
            commonest=int(names[counts.argmax()]) if len(names) else 0,
        )

    def _count(self) -> None:
        """Add what waits, and let hashes go until few enough are kept."""
        new, counts = np.unique(np.concatenate([*self._waiting, _none()]), return_counts=True)
        self._waiting = []
        both = np.concatenate([self._names, new])
        self._names, places = np.unique(both, return_inverse=True)
        weights = np.concatenate([self._counts, counts])
        self._counts = np.bincount(places, weights, minlength=len(self._names)).astype(np.int64)
        if len(self._names) > self._most_kept:
            self._let_go()

    def _let_go(self) -> None:
        much_used = self._much_used()
        while (kept := self._small() | much_used).sum() > self._most_kept:
            self._below //= 2
        self._names, self._counts = self._names[kept], self._counts[kept]

    def _small(self) -> NDArray[np.bool_]:
        """Say which hashes have been counted from the first item on."""
        small: NDArray[np.bool_] = self._names <= np.uint64(self._below - 1)
        return small

    def _much_used(self) -> NDArray[np.bool_]:
        """Say which are the most used, an eighth of what may be kept."""
        least = np.partition(self._counts, -(self._most_kept // 8))[-(self._most_kept // 8)]
        much_used: NDArray[np.bool_] = self._counts > least
        return much_used


def _none() -> Hashes:
    return np.zeros(0, dtype=np.uint64)


def repetition(parts: Iterable[Hashes]) -> Repetition:
    """Count equal hashes over all parts."""
    counted = Repetitions()
    for part in parts:
        counted.add(part)
    return counted.result()
