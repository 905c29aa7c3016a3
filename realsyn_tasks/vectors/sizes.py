"""How many items groups have that are numbered from 0 on, counted as the items come."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Sizes:
    """The sizes of groups; memory: 8 bytes for each number up to the largest."""

    def __init__(self) -> None:
        """Start with no items."""
        self._sizes = np.zeros(0, dtype=np.int64)

    def add(self, groups: NDArray[Any], items: NDArray[Any] | int = 1) -> None:
        """Count one item, or so many, for each number of a group; ValueError if one is negative."""
        if not len(groups):
            return
        if groups.min() < 0:
            raise ValueError(f"groups are numbered from 0 on, got {groups.min()}")
        lacking = int(groups.max()) + 1 - len(self._sizes)
        if lacking > 0:
            more = np.zeros(max(lacking, len(self._sizes)), dtype=np.int64)
            self._sizes = np.concatenate([self._sizes, more])
        np.add.at(self._sizes, groups.astype(np.intp), items)

    def by_group(self) -> dict[int, int]:
        """Give the sizes of the groups that have any items, by number."""
        groups = np.flatnonzero(self._sizes)
        return dict(zip(groups.tolist(), self._sizes[groups].tolist(), strict=True))

    def known(self) -> NDArray[np.int64]:
        """Give the sizes of the groups that have any items, in order of number."""
        return self._sizes[self._sizes > 0]
