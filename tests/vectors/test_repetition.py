"""How often things repeat, told apart by their hashes."""

from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.vectors.repetition import repetition


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
