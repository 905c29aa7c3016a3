from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.vectors import planar
from realsyn_tasks.vectors.planar import Components, explained, fitted, placed, trustworthiness
from tests.vectors.data import clustered_rows, unit_rows

STEPS = 120
ROWS = clustered_rows(260, 24, 4, seed=1, spread=0.2)


def test_components_hold_the_directions_of_most_variance() -> None:
    rows = np.zeros((50, 6), dtype=np.float32)
    rows[:, 2], rows[:, 4] = np.linspace(-3, 3, 50), np.tile([1, -1], 25)
    components = Components.of(rows, most=2)
    assert np.abs(components.axes).argmax(axis=0).tolist() == [2, 4]
    assert np.allclose(np.abs(components.axes).max(axis=0), 1, atol=0.01)
    assert explained(rows, components.project(rows)) == pytest.approx(1)
    assert explained(ROWS, Components.of(ROWS, 3).project(ROWS)) < 1


def test_neighbours_of_the_plane_are_neighbours_of_the_rows() -> None:
    rows = Components.of(ROWS, 10).project(ROWS)
    points, divergence = fitted(rows, perplexity=15, steps=STEPS)
    assert points.shape == (260, 2) and points.dtype == np.float32
    assert divergence > 0
    assert trustworthiness(rows, points) > 0.9
    shuffled = points[np.random.default_rng(0).permutation(len(points))]
    assert trustworthiness(rows, shuffled) < 0.6


def test_the_same_rows_give_the_same_points() -> None:
    rows = Components.of(ROWS, 10).project(ROWS)
    once, again = (fitted(rows[:100], 15, STEPS)[0] for _ in range(2))
    assert np.array_equal(once, again)


def test_new_rows_are_placed_near_their_neighbours_and_old_points_stay() -> None:
    rows = Components.of(ROWS, 10).project(ROWS)
    points, _ = fitted(rows[:200], 15, STEPS)
    before = points.copy()
    new = placed(rows[200:], rows[:200], points)
    assert np.array_equal(points, before)
    assert trustworthiness(rows, np.vstack([points, new])) > 0.9
    same = placed(rows[:20], rows[:200], points)
    extent = points.max() - points.min()
    assert np.median(np.linalg.norm(same - points[:20], axis=1)) < 0.1 * extent


@pytest.mark.parametrize("count", [1, 2, 3, 8, 9, 20])
def test_a_few_rows_have_points_too(count: int) -> None:
    rows = unit_rows(count, 6, seed=3)
    projected = Components.of(rows, 50).project(rows)
    points, _ = fitted(projected, perplexity=30, steps=5)
    assert points.shape == (count, 2) and np.isfinite(points).all()
    assert placed(projected[:1], projected, points).shape == (1, 2)
    assert placed(projected[:0], projected, points).shape == (0, 2)


def test_rows_that_are_all_the_same_have_points() -> None:
    rows = np.repeat(unit_rows(2, 6, seed=5), 20, axis=0)
    projected = Components.of(rows, 50).project(rows)
    points, _ = fitted(projected, perplexity=30, steps=20)
    assert np.isfinite(points).all()


def test_many_points_are_pulled_and_pushed_on_a_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planar, "MANY", 50)
    monkeypatch.setattr(planar, "FIRST_STEPS", 40)
    rows = Components.of(ROWS, 10).project(ROWS)
    points, _ = fitted(rows[:200], 15, 30)
    new = placed(rows[200:], rows[:200], points)
    assert trustworthiness(rows, np.vstack([points, new])) > 0.9
