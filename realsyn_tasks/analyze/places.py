"""The random order of pairs that samples are drawn by."""

from __future__ import annotations

from collections.abc import Sequence

from realsyn_tasks.vectors.hash_order import hash_order
from realsyn_tasks.vectors.scan import Hashes

_PURPOSE = 11  # apart from the orders that the version itself was drawn by


def place_of(image_ids: Sequence[str], seed: int) -> Hashes:
    """Give each pair its place in a random order; (n,) uint64."""
    return hash_order(image_ids, (seed << 4) | _PURPOSE)
