from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors import duplicates, kmeans
from realsyn_tasks.vectors.duplicates import (
    components,
    hamming_groups,
    hamming_pairs,
    lowest_within,
    near_groups,
    near_pairs,
    near_pairs_between,
    near_pairs_in_lists,
    representatives,
    representatives_by_portion,
)
from tests.vectors.data import all_scores, clustered_rows, grid_rows, unit_rows

seeds = st.integers(0, 10**6)
edges = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=15),
    )
)


def as_pairs(pairs: list[tuple[int, int]]) -> np.ndarray:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


@settings(max_examples=30, deadline=None)
@given(count=st.integers(0, 25), seed=seeds, threshold=st.floats(-0.5, 1), ties=st.booleans())
def test_near_pairs_are_brute_force(count: int, seed: int, threshold: float, ties: bool) -> None:
    rows = (grid_rows if ties else unit_rows)(count, 5, seed)
    scores = all_scores(rows, rows).reshape(count, count)
    i, j = np.nonzero(np.triu(scores >= np.float32(threshold), 1))
    pairs, cosines = near_pairs(rows, threshold, block=7)
    assert pairs.tolist() == np.stack([i, j], axis=1).tolist()
    assert cosines.tobytes() == scores[i, j].tobytes()


@settings(max_examples=10, deadline=None)
@given(block=st.integers(15, 500))
def test_block_size_changes_no_bit(block: int) -> None:
    rows = clustered_rows(400, 24, 40, 1, spread=0.15)
    whole = near_pairs(rows, 0.97)
    assert 50 < len(whole[0]) < 5000
    for got, expected in zip(near_pairs(rows, 0.97, block), whole, strict=True):
        assert got.tobytes() == expected.tobytes()
    assert near_groups(rows, 0.97, block).tolist() == components(400, whole[0]).tolist()


def test_pairs_between_old_and_new_are_those_that_cross() -> None:
    rows = clustered_rows(300, 16, 30, 2, spread=0.2)
    pairs, cosines = near_pairs(rows, 0.95)
    crossing = (pairs[:, 0] < 120) & (pairs[:, 1] >= 120)
    got, scores = near_pairs_between(rows[:120], rows[120:], 0.95, block=33)
    assert crossing.any()
    assert (got + np.array([0, 120])).tolist() == pairs[crossing].tolist()
    assert scores.tobytes() == cosines[crossing].tobytes()


@pytest.mark.parametrize("filtered", [True, False])
def test_pairs_in_lists_are_those_that_share_one(
    filtered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "_FILTERED_FROM", 0 if filtered else 10**9)
    rows = clustered_rows(300, 40, 30, 5, spread=0.1)
    lists = np.random.default_rng(6).integers(-1, 6, size=(300, 2)).astype(np.int32)
    pairs, cosines = near_pairs(rows, 0.9)
    left, right = lists[pairs[:, 0]][:, :, None], lists[pairs[:, 1]][:, None, :]
    share = ((left == right) & (left >= 0)).any(axis=(1, 2))
    assert 0 < share.sum() < len(share)
    found = near_pairs_in_lists(rows, lists, 0.9)
    assert found[0].tolist() == pairs[share].tolist()
    assert found[1].tobytes() == cosines[share].tobytes()


def test_groups_hold_few_pairs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_PAIRS_HELD", 100)
    rows = np.concatenate([np.repeat(unit_rows(1, 8, 1), 90, axis=0), unit_rows(50, 8, 2)])
    expected = components(140, near_pairs(rows, 0.9)[0])
    assert near_groups(rows, 0.9, block=20).tolist() == expected.tolist()


def bits_apart(hashes: np.ndarray) -> np.ndarray:
    return np.bitwise_count(hashes[:, None] ^ hashes[None, :])


def near_hashes(count: int, seed: int, flips: int) -> np.ndarray:
    """Hashes in families: a parent and children some random bits away."""
    rng = np.random.default_rng(seed)
    parents = rng.integers(0, 2**64, size=max(1, count // 6), dtype=np.uint64)
    hashes = parents[rng.integers(0, len(parents), size=count)]
    for _ in range(flips):
        hashes ^= np.uint64(1) << rng.integers(0, 64, size=count).astype(np.uint64)
    return hashes


@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 60), seed=seeds, radius=st.integers(0, 12), flips=st.integers(0, 9))
def test_hamming_pairs_are_brute_force(count: int, seed: int, radius: int, flips: int) -> None:
    hashes = near_hashes(count, seed, flips)
    i, j = np.nonzero(np.triu(bits_apart(hashes) <= radius, 1))
    pairs = hamming_pairs(hashes, radius)
    assert pairs.dtype == np.int64
    assert pairs.tolist() == np.stack([i, j], axis=1).tolist()
    assert hamming_groups(hashes, radius).tolist() == components(count, pairs).tolist()


@pytest.mark.parametrize("radius", range(8))
def test_longer_keys_miss_nothing(radius: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = near_hashes(400, radius, 4)
    expected = hamming_pairs(hashes, radius)
    monkeypatch.setattr(duplicates, "_LARGE", 1)
    assert hamming_pairs(hashes, radius).tolist() == expected.tolist()
    assert len(expected) == np.triu(bits_apart(hashes) <= radius, 1).sum()


def test_many_equal_hashes_make_one_group_without_their_pairs() -> None:
    hashes = np.zeros(200_000, dtype=np.uint64)
    hashes[7] = 2**63
    hashes[9] = 2**64 - 1
    labels = hamming_groups(hashes, 6)
    assert np.unique(labels).tolist() == [0, 9]
    assert labels[9] == 9


def test_a_negative_radius_is_refused() -> None:
    with pytest.raises(ValueError, match="radius"):
        hamming_pairs(np.zeros(3, dtype=np.uint64), -1)


def labels_by_hand(n: int, pairs: list[tuple[int, int]]) -> list[int]:
    labels = list(range(n))
    for _ in range(n):
        for i, j in pairs:
            labels[i] = labels[j] = min(labels[i], labels[j])
    return labels


@given(graph=edges, shuffle=st.randoms())
def test_components_are_smallest_members_in_any_order(graph, shuffle) -> None:  # type: ignore[no-untyped-def]
    n, pairs = graph
    expected = labels_by_hand(n, pairs)
    assert components(n, as_pairs(pairs)).tolist() == expected
    shuffle.shuffle(pairs)
    assert components(n, as_pairs([(j, i) for i, j in pairs])).tolist() == expected


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 30), groups=st.integers(1, 8), seed=seeds)
def test_each_group_keeps_the_member_nearest_its_centroid(
    count: int, groups: int, seed: int
) -> None:
    rows = unit_rows(count, 6, seed)
    labels = np.random.default_rng(seed).integers(0, groups, size=count)
    keep = representatives(rows, labels)
    for group in np.unique(labels):
        members = np.flatnonzero(labels == group)
        mean = rows[members].astype(np.float64).mean(axis=0)
        kept = members[keep[members]]
        assert len(kept) == 1
        assert rows[kept[0]] @ mean >= (rows[members] @ mean).max() - 3e-6


def test_of_two_members_the_lower_row_stays() -> None:
    rows = unit_rows(200, 32, 1)
    keep = representatives(rows, np.arange(200) // 2)
    assert keep.tolist() == [True, False] * 100


@pytest.mark.parametrize("block", [2, 7, 64, 1 << 13])
def test_representatives_by_portion_are_those_of_all_rows_at_once(block: int) -> None:
    """Also of groups larger than a block, to the bit."""
    random = np.random.default_rng(5)
    sizes = np.array([1, 2, 2, 90, 1, 3, 5, 200, 1, 2])
    groups = np.repeat(np.arange(len(sizes)) * 7, sizes)
    centres = random.normal(size=(len(sizes), 24))
    rows = kmeans.unit(
        (np.repeat(centres, sizes, axis=0) + random.normal(size=(len(groups), 24))).astype(
            np.float32
        )
    )
    keep = representatives(rows, groups)
    most = 0

    def read(wanted: np.ndarray) -> np.ndarray:
        nonlocal most
        most = max(most, len(wanted))
        return rows[wanted]

    parts = list(representatives_by_portion(groups, read, block))
    gone = np.concatenate([part.rows for part in parts])
    kept = np.concatenate([part.kept for part in parts])
    assert np.array_equal(np.sort(gone), np.flatnonzero(~keep))
    assert np.array_equal(groups[gone], groups[kept]) and keep[kept].all()
    assert most <= max(block, 2)
    cosines = np.concatenate([part.cosines for part in parts])
    assert np.allclose(cosines, np.einsum("ij,ij->i", rows[gone], rows[kept]), atol=1e-6)


@pytest.mark.parametrize("radius", [0, 3, 6])
def test_the_lowest_hash_within_a_radius_is_brute_force(radius: int) -> None:
    random = np.random.default_rng(radius)
    others = random.integers(0, 1 << 63, 60, dtype=np.uint64)
    others[40:] = others[:20]  # the first of equal ones counts
    mine = others[random.integers(0, 60, 50)] ^ np.uint64(1 << 5) * random.integers(
        0, 3, 50
    ).astype(np.uint64)
    near = np.bitwise_count(mine[:, None] ^ others[None, :]) <= radius
    expected = np.where(near.any(axis=1), near.argmax(axis=1), -1)
    assert lowest_within(mine, others, radius).tolist() == expected.tolist()
    assert lowest_within(mine, others[:0], radius).tolist() == [-1] * 50
