"""Quantiles by histograms are those of the numbers themselves, to the bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors.quantiles import Histogram

NUMBERS = st.lists(
    st.one_of(
        st.floats(width=32, allow_nan=False, allow_infinity=False),
        st.sampled_from([0.0, -0.0, 0.5, -0.5, 1e-40]),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(
    numbers=NUMBERS,
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 60), max_size=4),
)
def test_they_are_numpys(numbers: list[float], shares: list[float], cuts: list[int]) -> None:
    whole = np.array(numbers, dtype=np.float32)
    pieces = np.split(whole, sorted(min(cut, len(whole)) for cut in cuts))
    made = Histogram.of(lambda: pieces)
    assert made.count == len(whole)
    assert made.quantiles(shares) == np.quantile(whole.astype(np.float64), shares).tolist()


def test_no_more_than_a_piece_is_held() -> None:
    """The numbers are read anew each time, and nothing is as long as they are."""
    readings = []

    def read() -> list[np.ndarray]:
        readings.append(1)
        return [np.full(3, n, dtype=np.float32) for n in range(5)]

    made = Histogram.of(read)
    assert made.quantiles([0.5]) == [2.0]
    assert len(readings) == 2
    assert len(made.counts) == 1 << 16
