from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors import kmeans, search
from realsyn_tasks.vectors.kmeans import (
    Nearest,
    assign,
    fit,
    group_sums,
    imbalance,
    ranks_in_runs,
    unit,
)
from tests.vectors.data import all_scores, brute_top, clustered_rows, grid_rows, unit_rows


def objective(rows: np.ndarray, centroids: np.ndarray) -> float:
    return float((rows @ centroids.T).max(axis=1).mean())


@settings(max_examples=10, deadline=None)
@given(block=st.integers(1, 700))
def test_block_size_changes_no_bit(block: int) -> None:
    rows = clustered_rows(600, 40, 12, 1)
    centroids = fit(rows, 20, seed=5)
    assert fit(rows, 20, seed=5, block=block).tobytes() == centroids.tobytes()
    assert assign(rows, centroids, block=block).tobytes() == assign(rows, centroids).tobytes()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), block=st.integers(1, 50), ties=st.booleans())
def test_assign_is_brute_force(seed: int, block: int, ties: bool) -> None:
    make = grid_rows if ties else unit_rows
    rows, centroids = make(20, 5, seed), make(9, 5, seed + 1)
    labels = assign(rows, centroids, block=block)
    assert labels.dtype == np.int32
    assert labels.tolist() == brute_top(all_scores(rows, centroids), 1)[0][:, 0].tolist()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), block=st.integers(1, 50), ties=st.booleans())
def test_guesses_change_no_label(seed: int, block: int, ties: bool) -> None:
    make = grid_rows if ties else unit_rows
    rows, centroids = make(40, 5, seed), make(9, 5, seed + 1)
    guesses = np.random.default_rng(seed).integers(0, 9, 40).astype(np.int32)
    labels = assign(rows, centroids, block=block, likely=guesses)
    assert labels.tobytes() == assign(rows, centroids).tobytes()
    on_torch = assign(rows, centroids, block=block, device="cpu", likely=guesses)
    assert on_torch.tobytes() == labels.tobytes()


def test_rows_may_come_as_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    halves, centroids = unit_rows(100, 20, 1).astype(np.float16), unit_rows(9, 20, 2)
    whole = halves.astype(np.float32)
    expected = kmeans.assign(whole, centroids)
    nearest = kmeans.Nearest.of(centroids)
    for at_once in (7, 1000):
        monkeypatch.setattr(kmeans, "_WIDENED", at_once)
        assert np.array_equal(kmeans.assign(halves, centroids), expected)
        assert np.array_equal(nearest.assign(whole), expected)
        assert np.array_equal(nearest.assign(halves, likely=expected), expected)


def test_centroids_are_unit_rows_and_the_seed_matters() -> None:
    rows = clustered_rows(500, 16, 8, 2)
    centroids = fit(rows, 10, seed=1)
    assert centroids.shape == (10, 16)
    assert centroids.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(centroids, axis=1), 1, atol=1e-6)
    assert fit(rows, 10, seed=2).tobytes() != centroids.tobytes()


def test_steps_improve_the_fit() -> None:
    rows = clustered_rows(2000, 32, 30, 3, spread=1.0)
    quality = [objective(rows, fit(rows, 30, iterations=steps, seed=4)) for steps in (0, 1, 3, 8)]
    assert quality == sorted(quality)
    assert quality[2] > quality[0] + 0.05


def test_no_list_stays_empty_when_rows_are_distinct() -> None:
    rows = clustered_rows(300, 24, 3, 6, spread=0.05)
    labels = assign(rows, fit(rows, 60, iterations=4, seed=7))
    assert np.bincount(labels, minlength=60).min() >= 1


def test_copies_of_one_row_cannot_take_all_the_centroids() -> None:
    rows = np.concatenate([np.repeat(unit_rows(1, 8, 1), 500, axis=0), unit_rows(40, 8, 2)])
    centroids = fit(rows, 20, iterations=5, seed=3)
    assert len(np.unique(assign(rows, centroids))) >= 15


def test_more_centroids_than_distinct_rows_still_fits() -> None:
    rows = np.repeat(unit_rows(3, 8, 1), 10, axis=0)
    centroids = fit(rows, 9, seed=1)
    assert np.isfinite(centroids).all()
    assert len(np.unique(assign(rows, centroids))) <= 3


def test_opposite_rows_give_no_nan() -> None:
    rows = np.array([[1, 0], [-1, 0]] * 4, dtype=np.float32)
    assert np.isfinite(fit(rows, 1, seed=0)).all()


def test_a_sample_smaller_than_k_is_refused() -> None:
    with pytest.raises(ValueError, match="4 centroids to a sample of 3 rows"):
        fit(unit_rows(3, 4, 1), 4)
    with pytest.raises(ValueError, match="no centroids"):
        assign(unit_rows(3, 4, 1), np.empty((0, 4), dtype=np.float32))


def test_imbalance() -> None:
    assert imbalance(np.array([5, 5, 5])) == 1.0
    assert imbalance(np.array([9, 0, 0])) == 3.0
    assert imbalance(np.array([0, 0])) == 1.0


def test_group_sums_and_runs() -> None:
    rows, labels = unit_rows(30, 6, 4), np.arange(30) % 4
    expected = np.stack([rows[labels == group].sum(axis=0) for group in range(5)])
    np.testing.assert_allclose(group_sums(rows, labels, 5), expected, atol=1e-6)
    assert ranks_in_runs(np.array([4, 4, 2, 7, 7, 7])).tolist() == [0, 1, 0, 0, 1, 2]
    assert ranks_in_runs(np.array([], dtype=np.int64)).tolist() == []
    assert unit(np.zeros((1, 3), dtype=np.float32)).tolist() == [[0, 0, 0]]


def test_few_centroids_are_looked_up_exactly() -> None:
    rows, centroids = clustered_rows(200, 24, 30, 8), clustered_rows(90, 24, 30, 9)
    near = Nearest.of(centroids)
    assert not len(near.heads)
    assert near.assign(rows).tobytes() == assign(rows, centroids).tobytes()
    assert near.nearest(rows, 7).tobytes() == search.probe(rows, centroids, 7).tobytes()
    assert near.nearest(rows, 1000).shape == (200, 90)
    assert near.agreement(rows) == near.agreement(rows, 7) == 1.0


def test_groups_find_what_they_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, centroids = clustered_rows(400, 24, 30, 8), clustered_rows(150, 24, 30, 9)
    monkeypatch.setattr(kmeans, "GROUPED_FROM", 64)
    near = Nearest.of(centroids, seed=1)
    assert len(near.heads) == near.groups.max() + 1 <= 48
    assert near.assign(rows).tolist() == assign(rows, centroids).tolist()  # all groups are visited
    assert near.agreement(rows) == near.agreement(rows, 5) == 1.0
    monkeypatch.setattr(kmeans, "GROUPS", 6)
    monkeypatch.setattr(kmeans, "GROUPS_OF_SEVERAL", 4)
    agreement = np.mean(near.assign(rows) == assign(rows, centroids))
    assert 0.8 < agreement < 1
    assert near.agreement(rows) == pytest.approx(agreement)
    few = near.nearest(rows, 5)
    for block in (7, 100):
        assert near.nearest(rows, 5, block=block).tobytes() == few.tobytes()
    asked = np.column_stack([rows, np.ones(len(rows), np.float32)])
    allowed = search.probe(asked, near.heads, 4)[:, :, None] == near.groups
    assert (
        few.tolist() == brute_top(all_scores(rows, centroids), 5, allowed.any(axis=1))[0].tolist()
    )


def test_a_row_looks_at_few_of_many_centroids(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, centroids = clustered_rows(300, 24, 400, 8, 0.3), clustered_rows(4000, 24, 400, 9, 0.3)
    monkeypatch.setattr(kmeans, "GROUPED_FROM", 1000)
    monkeypatch.setattr(kmeans, "GROUPS", 20)
    near = Nearest.of(centroids)
    asked = np.column_stack([rows, np.ones(len(rows), np.float32)])
    visited = np.bincount(near.groups)[search.probe(asked, near.heads, 20)].sum(axis=1)
    assert len(near.heads) + visited.mean() < 1200
    assert near.agreement(rows) > 0.9


def test_agreement_says_what_groups_miss() -> None:
    line = np.eye(4, dtype=np.float32)
    wrong = np.array([[0, 0, 1, 1, 0], [1, 1, 0, 0, 0]], dtype=np.float32)  # the other's promise
    near = Nearest(line, wrong, np.array([0, 0, 1, 1], dtype=np.int32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kmeans, "GROUPS", 1)
        assert near.assign(line).tolist() == [2, 2, 0, 0]
        assert near.agreement(line) == 0.0
        patch.setattr(kmeans, "GROUPS_OF_SEVERAL", 1)
        assert near.nearest(line, 3)[:, 2].tolist() == [-1] * 4  # a group holds two
    assert np.isnan(near.agreement(line[:0]))


def test_many_centroids_are_fitted_by_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = clustered_rows(3000, 32, 60, 3, spread=0.7)
    flat = objective(rows, fit(rows, 100, seed=4))
    monkeypatch.setattr(kmeans, "GROUPED_FROM", 64)
    grouped = fit(rows, 100, seed=4)
    assert grouped.tobytes() == fit(rows, 100, seed=4, block=77).tobytes()
    assert objective(rows, grouped) > flat - 0.02
