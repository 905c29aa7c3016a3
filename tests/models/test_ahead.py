"""What threads do ahead: in order, not too far, and no longer than somebody wants it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from realsyn_tasks.models import threads
from realsyn_tasks.models.ahead import batched, drawn_ahead, worker_count


def test_items_come_in_order_and_no_more_are_drawn_than_said() -> None:
    drawn: list[int] = []

    def source() -> Iterator[int]:
        for number in range(6):
            drawn.append(number)
            yield number

    asked = []
    for number in drawn_ahead(source(), depth=2):
        asked.append(number)
        assert len(drawn) <= len(asked) + 2
    assert asked == drawn == list(range(6))


def test_the_next_is_drawn_while_one_is_looked_at() -> None:
    begun = threading.Event()

    def source() -> Iterator[int]:
        yield 1
        begun.set()
        yield 2

    with closing(drawn_ahead(source(), depth=1)) as items:
        assert next(items) == 1
        assert begun.wait(10)


def test_what_drawing_raises_comes_in_its_place() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    items = drawn_ahead(source())
    assert next(items) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)


def test_nothing_is_drawn_after_it_is_closed() -> None:
    drawn: list[int] = []
    items = drawn_ahead((drawn.append(number) for number in range(100)), depth=2)
    next(items)
    items.close()
    seen = len(drawn)
    assert seen <= 4
    assert len(drawn) == seen


def test_batches_hold_what_there_is() -> None:
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batched([], 2)) == []


def test_a_cpu_s_process_has_its_own_threads_and_a_gpu_s_all_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(threads.VARIABLE, "3")
    assert worker_count(0, "cpu") == 3
    assert worker_count(5, "cpu") == worker_count(5, "cuda:1") == 5
    assert worker_count(0, "cuda") >= 1
