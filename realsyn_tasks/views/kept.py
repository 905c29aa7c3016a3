"""What was worked out from an object, kept in memory for as long as the object is the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from realsyn_tasks.core.storage import Storage

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """A bounded table from object and tag to value; the value asked for longest ago goes first.

    Values are shared between threads: whoever gets one must not change it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[tuple[str, str, str], Value] = OrderedDict()
        self._lock = Lock()

    def get(
        self, storage: Storage, path: str, make: Callable[[Storage, str], Value]
    ) -> Value | None:
        """Give what `make` makes of an object, made once; None where there is no object."""
        tag = storage.tag(path)
        key = (storage.uri, path, tag)
        with self._lock:
            if tag and key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        try:
            value = make(storage, path)
        except FileNotFoundError:
            return None
        if tag:
            self._keep(key, value)
        return value

    def _keep(self, key: tuple[str, str, str], value: Value) -> None:
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._limit:
                self._values.popitem(last=False)
