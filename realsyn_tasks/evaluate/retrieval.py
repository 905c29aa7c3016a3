"""Ranks of right answers among all, for retrieval (paper §4.2): chunk by chunk, arrays only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CELLS = 1 << 24  # similarities at once: 64 MiB of float32
Vectors = NDArray[np.float32]


def best_ranks(
    queries: Vectors, candidates: Vectors, right: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    """Give each query's rank, from 0, of the best of its right candidates among the wrong ones.

    `queries` (n, d) and `candidates` (m, d) are unit rows, `right` names at least one row of
    `candidates` for each query. A wrong candidate that is exactly as near counts half, so that a
    model to which everything is alike ends in the middle, and not at the top.
    """
    ranks = np.empty(len(queries), dtype=np.float64)
    step = max(1, CELLS // max(1, len(candidates)))
    for start in range(0, len(queries), step):
        near = queries[start : start + step] @ candidates.T
        for row, similarities in enumerate(near):
            ranks[start + row] = _rank(similarities, right[start + row])
    return ranks


def _rank(similarities: Vectors, right: Sequence[int]) -> float:
    own = similarities[list(right)]
    best = own.max()
    alike = int((similarities == best).sum()) - int((own == best).sum())
    return float((similarities > best).sum()) + alike / 2
