"""What was made last, kept in memory by what it is of, for threads that ask for it together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """The last so many values; two threads may make one at the same time, and the first stays.

    Where a value has a size, those of before go too as soon as all are together above a sum.
    """

    def __init__(
        self, most: int, most_size: int = 0, size_of: Callable[[Value], int] | None = None
    ) -> None:
        self._most, self._most_size, self._size_of = most, most_size, size_of
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """Give a value that is kept; None if there is none."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: Value) -> Value:
        """Keep a value unless there is one; give the one that is kept."""
        with self._lock:
            kept = self._values.setdefault(key, value)
            self._values.move_to_end(key)
            while self._too_many():
                self._values.popitem(last=False)
        return kept

    def _too_many(self) -> bool:
        """Say whether the value that was asked for longest ago has to go; the last one stays."""
        count, size_of = len(self._values), self._size_of
        too_large = size_of and sum(map(size_of, self._values.values())) > self._most_size
        return count > self._most or bool(count > 1 and too_large)

    def forget(self, key: Hashable) -> None:
        """Keep a value no longer."""
        with self._lock:
            self._values.pop(key, None)

    def of(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Give the value of a key; make it if it is not kept."""
        known = self.get(key)
        return self.put(key, make()) if known is None else known
