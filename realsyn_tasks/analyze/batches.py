"""Items some at a time, as models take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batched(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Give so many items at a time; the last batch may be smaller."""
    left = iter(items)
    while batch := tuple(islice(left, size)):
        yield batch
