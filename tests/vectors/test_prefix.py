from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors import duplicates, prefix
from realsyn_tasks.vectors.duplicates import near_groups, near_pairs, near_pairs_between
from realsyn_tasks.vectors.prefix import Shadows
from realsyn_tasks.vectors.scan import error_bound
from tests.vectors.data import clustered_rows, grid_rows, unit_rows

FILTERED = 0
UNFILTERED = 10**9


@settings(max_examples=20, deadline=None)
@given(
    dim=st.sampled_from([33, 64, 100, 300]),
    width=st.sampled_from(prefix.WIDTHS),
    seed=st.integers(0, 10**6),
    flat=st.booleans(),
    scale=st.sampled_from([0.01, 1.0, 30.0]),
)
def test_shadows_never_score_below_their_rows(
    dim: int, width: int, seed: int, flat: bool, scale: float
) -> None:
    width = min(width, dim)
    spectrum = np.ones(dim) if flat else np.arange(1, dim + 1) ** -1.0
    rows = (scale * unit_rows(60, dim, seed) * spectrum).astype(np.float32)
    shadows = Shadows(rows, threshold=0.9 * scale**2)
    shadows._set(width)
    narrow = shadows.of(rows)
    assert narrow.shape == (60, width)
    exact = rows.astype(np.float64) @ rows.T.astype(np.float64)
    bound = narrow.astype(np.float64) @ narrow.T.astype(np.float64)
    room = shadows.slack(rows, rows) + error_bound(narrow, narrow)
    assert (bound + room - exact).min() >= 0


@pytest.mark.parametrize("threshold", [0.5, 0.9, 0.97, 1.0])
def test_the_filter_changes_no_bit(threshold: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = clustered_rows(900, 80, 90, 1, spread=0.2)
    rows[500:520] = rows[:20]
    answers = []
    for limit in (FILTERED, UNFILTERED):
        monkeypatch.setattr(duplicates, "_FILTERED_FROM", limit)
        crossing = near_pairs_between(rows[:300], rows[300:], threshold, 77)
        found = [*near_pairs(rows, threshold), *crossing, near_groups(rows, threshold)]
        answers.append([array.tobytes() for array in found])
    assert answers[0] == answers[1]
    assert len(answers[0][0]) > 0


def test_ties_at_the_threshold_pass_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = grid_rows(400, 40, 3)
    monkeypatch.setattr(duplicates, "_FILTERED_FROM", UNFILTERED)
    threshold = float(np.median(near_pairs(rows, 0.7)[1]))
    expected = near_pairs(rows, threshold)[0]
    monkeypatch.setattr(duplicates, "_FILTERED_FROM", FILTERED)
    assert near_pairs(rows, threshold)[0].tobytes() == expected.tobytes()
    assert len(expected) > 1000


def test_width_follows_the_spectrum() -> None:
    decaying = unit_rows(3000, 256, 1) * np.arange(1, 257, dtype=np.float32) ** -1.5
    decaying /= np.linalg.norm(decaying, axis=1, keepdims=True)
    assert Shadows(decaying, 0.95).width == 32
    assert Shadows(unit_rows(3000, 256, 2), 0.05).width == 256
