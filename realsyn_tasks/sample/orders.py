"""Random orders that depend on nothing but an image's id and the build's seed.

Each purpose has an order of its own: the images that lead one do not lead another.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np

from realsyn_tasks.vectors.hash_order import hash_order


class Purpose(IntEnum):
    """What an order is drawn for."""

    FIT = 1  # which images the clusters are fitted to
    RANK = 2  # who comes first in a cluster
    SHARD = 3  # which published shard a pair goes to
    SHUFFLE = 4  # where in that shard it stands


def order_of(image_ids: Sequence[str], seed: int, purpose: Purpose) -> np.ndarray[Any, Any]:
    """Give each image its place in the order of a purpose; (n,) uint64."""
    return hash_order(image_ids, (seed << 3) | purpose)
