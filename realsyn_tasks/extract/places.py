"""Places: where items are in a crawl, as numbers. A shard's items are numbered by their rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

ROW_BITS = 32
Places = NDArray[np.uint64]


def places_of(shard: int, rows: int) -> Places:
    """Number the rows of a shard; (rows,) ascending, and above those of all shards before it."""
    first = np.uint64(shard << ROW_BITS)
    places: Places = first + np.arange(rows, dtype=np.uint64)
    return places


def shards_of(places: NDArray[Any]) -> NDArray[np.int32]:
    """Give the shard of each place."""
    shards: NDArray[np.int32] = (places.astype(np.uint64) >> np.uint64(ROW_BITS)).astype(np.int32)
    return shards


def rows_of(places: NDArray[Any]) -> NDArray[np.int64]:
    """Give the row of each place in its shard."""
    mask = np.uint64((1 << ROW_BITS) - 1)
    rows: NDArray[np.int64] = (places.astype(np.uint64) & mask).astype(np.int64)
    return rows
