"""Histograms of shards add up to the histogram of all."""

from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.analyze.histogram import BINS, Histograms


def of(*values: float, measure: str = "similarity") -> Histograms:
    histograms = Histograms()
    histograms.add(measure, "text1", values)
    return histograms


@pytest.mark.parametrize("measure", BINS)
def test_those_of_shards_add_up(measure: str) -> None:
    values = np.random.default_rng(0).uniform(0, 1, 500)
    whole, parts = of(*values, measure=measure), Histograms()
    for start in range(0, 500, 100):
        parts.add_table(of(*values[start : start + 100], measure=measure).table())
    bins = [histograms.table().drop_columns(["total"]) for histograms in (parts, whole)]
    assert bins[0].equals(bins[1])
    [row] = parts.measures().to_pylist()
    assert row["mean"] == pytest.approx(values.mean(), abs=1e-5)


def test_bins_have_bounds_that_hold_what_is_in_them() -> None:
    values = [-0.301, -0.3, 0.0, 0.29, 0.999, 1.0]
    for row in of(*values).table().to_pylist():
        mean = row["total"] / row["count"]
        assert row["low"] - 1e-9 <= mean <= row["high"] + 1e-9


def test_nothing_is_denser_than_one() -> None:
    [row] = of(1.0, measure="density").table().to_pylist()
    assert (row["low"], row["high"]) == (0.98, 1.0)


def test_medians_of_whole_numbers_are_whole() -> None:
    [row] = of(7, 7, 8, 12, 12, measure="tokens").measures().to_pylist()
    assert (row["median"], row["low"], row["high"]) == (8.0, 7.0, 12.0)


def test_perplexities_lie_in_eighths_of_octaves() -> None:
    [row] = of(100.0, measure="perplexity").table().to_pylist()
    assert row["low"] <= 100.0 < row["high"] < 1.1 * row["low"]


def test_what_is_no_number_counts_nowhere() -> None:
    assert of(float("nan"), float("inf")).table().num_rows == 0
