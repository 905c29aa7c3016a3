"""Which images meet which sentences of a partition, and which of them have met before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Side:
    """The images or the sentences of a partition."""

    vectors: np.ndarray  # (n, d) float32
    lists: np.ndarray  # (n, p) int32, -1 for none: those it visits, or the one it is in
    old: np.ndarray  # (n,) bool: an earlier build had it


@dataclass(frozen=True)
class Visits:
    """All that meet in a partition."""

    images: Side
    sentences: Side

    def parts(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Give rows of images and rows of sentences that have yet to meet.

        New images meet all sentences, old images the new ones.
        """
        new, old = np.flatnonzero(~self.images.old), np.flatnonzero(self.images.old)
        fresh, everything = np.flatnonzero(~self.sentences.old), np.arange(len(self.sentences.old))
        for queries, base in ((new, everything), (old, fresh)):
            if len(queries) and len(base):
                yield queries, base

    def scored_pairs(self) -> int:
        """Count the pairs of image and sentence of one list among those that have yet to meet."""
        return sum(
            int((self._sizes(self.images, queries) * self._sizes(self.sentences, base)).sum())
            for queries, base in self.parts()
        )

    def _sizes(self, side: Side, rows: np.ndarray) -> np.ndarray:
        lists = side.lists[rows]
        most = max(int(self.images.lists.max()), int(self.sentences.lists.max())) + 1
        return np.bincount(lists[lists >= 0], minlength=most)


def padded(lists: list[list[int]]) -> np.ndarray:
    """Make one (n, most) int32 array of the lists, -1 where there is none."""
    table = np.full((len(lists), max(map(len, lists))), -1, dtype=np.int32)
    for row, numbers in zip(table, lists, strict=True):
        row[: len(numbers)] = numbers
    return table
