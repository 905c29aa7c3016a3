"""Several shards at work in one process: threads, models that take one call at a time, shared time.

A model that batches what several shards ask of it is busier than one that they take turns with.
Whatever cannot be called by several threads is called by one at a time.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

Item = TypeVar("Item")


def side_by_side(work: Callable[[Item], None], items: Sequence[Item], width: int) -> None:
    """Do something with each item, `width` of them at a time.

    The first exception keeps further items from being begun, and is raised when those under way
    are done. A process that is told to end does not wait for them.
    """
    waiting = deque(items)
    raised: list[BaseException] = []
    lock = threading.Lock()

    def pull() -> None:
        while not raised:
            with lock:
                if not waiting:
                    return
                item = waiting.popleft()
            try:
                work(item)
            except BaseException as error:
                raised.append(error)

    threads = [
        threading.Thread(target=pull, name=f"shard-{number}", daemon=True)
        for number in range(min(width, len(items)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


class OneAtATime:
    """A model whose methods wait for one another, and for those of all with the same lock."""

    def __init__(self, model: Any, lock: AbstractContextManager[Any]) -> None:
        self._model, self._lock = model, lock

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._model, name)
        return self._locked(value) if callable(value) else value

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the model itself, where it is a function."""
        return self._locked(self._model)(*arguments, **named)

    def _locked(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            with self._lock:
                return function(*arguments, **named)

        return call


class SharedTime:
    """Divides time among the shards at work, so that what they cost adds up to what was spent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: dict[int, tuple[float, float]] = {}  # shard -> seconds, CPU seconds
        self._divided = (0.0, 0.0)  # until when

    def begin(self, shard: int) -> None:
        """Count a shard in from now on."""
        with self._lock:
            self._divide()
            self._spent[shard] = (0.0, 0.0)

    def of(self, shard: int) -> tuple[float, float]:
        """Give the seconds and CPU seconds that are a shard's so far."""
        with self._lock:
            self._divide()
            return self._spent[shard]

    def end(self, shard: int) -> None:
        """Count a shard out."""
        with self._lock:
            self._divide()
            del self._spent[shard]

    def _divide(self) -> None:
        now, among = (time.monotonic(), time.process_time()), max(1, len(self._spent))
        wall, busy = ((now[i] - self._divided[i]) / among for i in (0, 1))
        self._spent = {
            shard: (seconds + wall, cpu + busy) for shard, (seconds, cpu) in self._spent.items()
        }
        self._divided = now
