"""How evenly pairs lie over clusters: the sizes of clusters by rank (paper §5.2, Fig. 9).

Beside the sample as it was balanced stand all pairs that it was drawn from, and as many drawn from
them at random.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BALANCED, AT_RANDOM, ALL = "balanced", "random", "all"
Sizes = NDArray[np.int64]


def curves(
    balanced: Sequence[int] | Sizes, before: Sequence[int] | Sizes, ranks: int, seed: int
) -> Iterator[dict[str, Any]]:
    """Give the curve of each way of sampling; without the sizes before, of the sample alone."""
    sizes = {BALANCED: np.array(balanced, dtype=np.int64)}
    if len(before):
        everything = np.array(before, dtype=np.int64)
        sizes[AT_RANDOM] = at_random(everything, int(sizes[BALANCED].sum()), seed)
        sizes[ALL] = everything
    for sampling, mine in sizes.items():
        ordered = np.sort(mine[mine > 0])[::-1]
        for rank in shown_ranks(len(ordered), ranks):
            yield {"sampling": sampling, "rank": rank, "pairs": int(ordered[rank - 1])}


def at_random(sizes: Sizes, pairs: int, seed: int) -> Sizes:
    """Draw so many pairs of clusters of these sizes, without putting back; the size of each."""
    generator = np.random.Generator(np.random.PCG64(seed))
    wanted = min(pairs, int(sizes.sum()))
    drawn: Sizes = generator.multivariate_hypergeometric(sizes, wanted, method="marginals")
    return drawn


def shown_ranks(count: int, most: int) -> list[int]:
    """List so many ranks at most, from 1 to `count`, evenly spaced in their logarithm."""
    if count <= most:
        return list(range(1, count + 1))
    spaced = np.geomspace(1, count, most).round().astype(int)
    return [int(rank) for rank in np.unique(spaced)]
