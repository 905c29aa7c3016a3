"""What takes longer than a page may wait for: made in the background, asked for again and again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from realsyn_tasks.core.recent import Recent

Value = TypeVar("Value")
PATIENCE = 0.6  # seconds that an answer waits for it

_WORKERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="views")


class Background:
    """Things made once each, the last so many kept; what failed is tried anew when asked again.

    Where things have a size, as many are kept as are not larger together than `most_size`, and the
    last one beside them.
    """

    def __init__(
        self, most: int, most_size: int = 0, size_of: Callable[[Any], int] | None = None
    ) -> None:
        of_made = None if size_of is None else lambda future: _size(future, size_of)
        self._made: Recent[Future[Any]] = Recent(most, most_size, of_made)

    def ready(
        self, key: Hashable, make: Callable[[], Value], patience: float | None = None
    ) -> Value | None:
        """Give a thing if it is made in time, else None; raises what making it raised."""
        future = self._made.of(key, lambda: _WORKERS.submit(make))
        wait([future], PATIENCE if patience is None else patience)
        if not future.done():
            return None
        try:
            made: Value = future.result()
        except Exception:
            self._made.forget(key)
            raise
        return made


def _size(future: Future[Any], size_of: Callable[[Any], int]) -> int:
    """Give the size of what was made; what is being made, or failed, has none."""
    done = future.done() and not future.cancelled() and future.exception() is None
    return size_of(future.result()) if done else 0
