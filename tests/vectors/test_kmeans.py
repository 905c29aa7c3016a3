from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors import kmeans, search
from realsyn_tasks.vectors.kmeans import (
    Grouped,
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


def test_groups_find_what_they_hold() -> None:
    rows, centroids = clustered_rows(400, 24, 30, 8), clustered_rows(150, 24, 30, 9)
    grouped = Grouped.of(centroids, seed=1)
    assert len(grouped.heads) == 12
    assert grouped.assign(rows, groups=12).tolist() == assign(rows, centroids).tolist()
    agreement = np.mean(grouped.assign(rows, groups=4) == assign(rows, centroids))
    assert 0.8 < agreement <= 1
    for block in (7, 100):
        few = grouped.probe(rows, 5, groups=2, block=block)
        assert few.tobytes() == grouped.probe(rows, 5, groups=2).tobytes()
    allowed = search.probe(rows, grouped.heads, 2)[:, :, None] == grouped.groups
    scores = all_scores(rows, centroids)
    assert few.tolist() == brute_top(scores, 5, allowed.any(axis=1))[0].tolist()


def test_many_centroids_are_fitted_by_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = clustered_rows(3000, 32, 60, 3, spread=0.7)
    flat = objective(rows, fit(rows, 100, seed=4))
    monkeypatch.setattr(kmeans, "GROUPED_FROM", 64)
    grouped = fit(rows, 100, seed=4)
    assert grouped.tobytes() == fit(rows, 100, seed=4, block=77).tobytes()
    assert objective(rows, grouped) > flat - 0.02
