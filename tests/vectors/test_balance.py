from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsyn_tasks.vectors.balance import balanced, balanced_mask, balanced_ranks, cap_for_target
from realsyn_tasks.vectors.hash_order import row_order

sizes = st.lists(st.integers(0, 30), max_size=12)


def test_cap_by_hand() -> None:
    assert cap_for_target(np.array([1, 5, 9]), 11) == (5, 0)
    assert cap_for_target(np.array([1, 5, 9]), 10) == (4, 1)
    assert cap_for_target(np.array([1, 5, 9]), 15) == (9, 0)
    assert cap_for_target(np.array([1, 5, 9]), 2) == (0, 2)
    assert cap_for_target(np.array([1, 5, 9]), 99) == (9, 0)
    assert cap_for_target(np.array([], dtype=np.int64), 5) == (0, 0)
    with pytest.raises(ValueError, match="negative"):
        cap_for_target(np.array([3]), -1)


@given(sizes=sizes, target=st.integers(0, 300))
def test_cap_is_the_largest_that_fits(sizes: list[int], target: int) -> None:
    array = np.array(sizes, dtype=np.int64)
    cap, remainder = cap_for_target(array, target)
    assert np.minimum(array, cap).sum() + remainder == min(target, array.sum())
    if target < array.sum():
        assert np.minimum(array, cap + 1).sum() > target
        assert remainder < (array > cap).sum()


@given(sizes=sizes, seed=st.integers(0, 10**6), targets=st.tuples(*[st.integers(0, 300)] * 2))
def test_targets_are_met_exactly_and_nest(
    sizes: list[int], seed: int, targets: tuple[int, int]
) -> None:
    clusters = np.repeat(np.arange(len(sizes)) * 3, sizes).astype(np.int32)
    clusters = clusters[np.argsort(row_order(len(clusters), seed + 1))]
    hashes = row_order(len(clusters), seed)
    small, large = (balanced(clusters, hashes, target) for target in sorted(targets))
    assert small.sum() == min(*targets, len(clusters))
    assert large.sum() == min(max(targets), len(clusters))
    assert not (small & ~large).any()
    kept = np.bincount(clusters[large], minlength=3 * len(sizes) + 1)
    open_clusters = np.bincount(clusters, minlength=len(kept)) > kept
    assert kept.max(initial=0) - kept[open_clusters].min(initial=kept.max(initial=0)) <= 1


@given(hashes=st.lists(st.integers(0, 4), min_size=1, max_size=30), target=st.integers(0, 30))
def test_equal_hashes_are_broken_by_row(hashes: list[int], target: int) -> None:
    array = np.array(hashes, dtype=np.uint64)
    keep = balanced(np.zeros(len(array), dtype=np.int32), array, target)
    best = sorted(range(len(hashes)), key=lambda row: (hashes[row], row))[:target]
    assert np.flatnonzero(keep).tolist() == sorted(best)


def test_clusters_can_be_ranked_apart() -> None:
    clusters, hashes = np.arange(40) % 7, row_order(40, 3)
    whole = balanced_ranks(clusters, hashes)
    for part in (clusters < 3, clusters >= 3):
        assert balanced_ranks(clusters[part], hashes[part]).tolist() == whole[part].tolist()
    cap, remainder = cap_for_target(np.bincount(clusters), 17)
    assert balanced_mask(whole, hashes, cap, remainder).sum() == 17
