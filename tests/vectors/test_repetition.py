"""How often things repeat, told apart by their hashes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors.repetition import Repetitions, repetition


def test_what_is_counted_does_not_depend_on_the_parts() -> None:
    keys = np.array([3, 1, 3, 2, 3, 2], dtype=np.uint64)
    whole, parts = repetition([keys]), repetition([keys[:2], keys[2:]])
    assert whole == parts
    assert (whole.items, whole.distinct, whole.most, whole.commonest) == (6, 3, 3, 3)


def test_the_share_is_of_the_hundred_most_used() -> None:
    many = np.arange(200, dtype=np.uint64)
    assert repetition([many]).share == pytest.approx(0.5)


def test_nothing_repeats_nothing() -> None:
    nothing = repetition([])
    assert (nothing.items, nothing.distinct, nothing.most, nothing.share) == (0, 0, 0, 0.0)


@settings(max_examples=60, deadline=None)
@given(
    keys=st.lists(st.integers(0, 2**64 - 1).map(lambda key: key % 50), max_size=300),
    most_kept=st.integers(64, 400),
)
def test_it_is_exact_up_to_what_is_kept(keys: list[int], most_kept: int) -> None:
    counted = Repetitions(most_kept)
    for part in np.array_split(np.array(keys, dtype=np.uint64), 7):
        counted.add(part)
    seen, by_hand = counted.result(), Counter(keys)
    assert (seen.items, seen.distinct) == (len(keys), len(by_hand))
    assert seen.most == max(by_hand.values(), default=0)
    used = sum(count for _, count in by_hand.most_common(100))
    assert seen.share == used / max(1, len(keys))


def test_beyond_that_memory_is_bounded_and_the_error_small() -> None:
    random = np.random.default_rng(0)
    names = random.integers(0, 2**64, 50_000, dtype=np.uint64)
    hubs, rest = names[:20], names[20:]
    counted = Repetitions(4096)
    for _ in range(60):
        counted.add(random.choice(rest, 4000))
        counted.add(np.repeat(hubs, 5))
        assert len(counted._names) <= 4096
        assert sum(map(len, counted._waiting)) <= 4096
    seen = counted.result()
    assert seen.distinct == pytest.approx(50_000, rel=0.08)
    assert seen.most == 300
    assert seen.commonest in hubs.tolist()
    assert seen.items == 60 * 4100
