"""What threads do ahead of whoever waits for it: decoding and tokens, while a device computes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from realsyn_tasks.models import threads

MOST = 16  # workers: beyond, they wait for the interpreter's lock
DEPTH = 2  # batches: one is ready while the next is being made
T = TypeVar("T")
_END: object = object()


def drawn_ahead(items: Iterable[T], depth: int = DEPTH) -> Generator[T, None, None]:
    """Give the same items, drawn by one thread, at most `depth` before they are asked for.

    What drawing raises comes where the item would have. Nothing is drawn after it is closed.
    """
    source = iter(items)
    with ThreadPoolExecutor(1, "ahead") as pool:
        waiting = deque(pool.submit(next, source, _END) for _ in range(depth))
        try:
            while (item := waiting.popleft().result()) is not _END:
                waiting.append(pool.submit(next, source, _END))
                yield item  # type: ignore[misc]  # it is not the end
        finally:
            pool.shutdown(cancel_futures=True)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Give `size` items at a time; the last batch may be smaller."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def worker_count(workers: int, device: str) -> int:
    """Say how many threads prepare what a device computes; 0 leaves it to the device.

    A CPU's process has the threads that it may have, for a GPU all cores of the process work.
    """
    if workers:
        return workers
    return threads.allowed() if device == "cpu" else min(MOST, len(os.sched_getaffinity(0)))
