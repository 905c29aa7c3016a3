"""The paper's form of growth is found again where it is."""

from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.evaluate.scaling import Fit, fit

PAPERS = Fit(0.80, 0.21, 4.23)  # linear probe over millions of pairs (paper §5)


def test_the_papers_curve_is_found_again() -> None:
    x = np.array([12.0, 15.0, 30.0, 60.0])
    found = fit(x, PAPERS(x))
    assert (found.a, found.b, found.c) == pytest.approx((0.80, 0.21, 4.23), abs=0.01)
    assert found(np.array([100.0]))[0] == pytest.approx(0.754, abs=0.001)


def test_a_noisy_curve_is_near_beyond_what_was_measured() -> None:
    x = np.geomspace(20, 400, 8)
    y = Fit(0.6, 1.2, 2.0)(x) + np.random.default_rng(0).normal(0, 0.002, size=8)
    assert fit(x, y)(np.array([1000.0]))[0] == pytest.approx(
        Fit(0.6, 1.2, 2.0)(np.array([1000.0]))[0], abs=0.02
    )


def test_what_does_not_grow_is_flat() -> None:
    found = fit(np.array([20.0, 50.0, 100.0, 200.0]), np.full(4, 0.3))
    assert found(np.array([20.0, 10_000.0])) == pytest.approx([0.3, 0.3])


def test_three_sizes_are_too_few() -> None:
    with pytest.raises(ValueError, match="4 different sizes"):
        fit(np.array([1.0, 2.0, 3.0, 3.0]), np.zeros(4))
