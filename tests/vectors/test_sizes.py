"""Groups are counted as their items come, in whatever portions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from realsyn_tasks.vectors.sizes import Sizes


def test_portions_make_no_difference() -> None:
    groups = np.random.default_rng(0).integers(0, 900, 5000).astype(np.int32)
    sizes = Sizes()
    for part in np.split(groups, [0, 7, 7, 2000]):
        sizes.add(part)
    assert sizes.by_group() == Counter(groups.tolist())
    assert sorted(sizes.known()) == sorted(Counter(groups.tolist()).values())


def test_items_may_come_counted() -> None:
    sizes = Sizes()
    sizes.add(np.array([4, 1]), np.array([3, 2]))
    sizes.add(np.array([4]), np.array([10]))
    assert sizes.by_group() == {1: 2, 4: 13}


def test_of_nothing_there_is_nothing() -> None:
    assert Sizes().by_group() == {} and len(Sizes().known()) == 0


def test_a_negative_number_is_no_group() -> None:
    with pytest.raises(ValueError, match="from 0 on"):
        Sizes().add(np.array([2, -1]))
