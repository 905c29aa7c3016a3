from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from realsyn_tasks.report import svg


@pytest.mark.parametrize(
    ("step", "rounded"), [(0.03, 0.05), (1, 1), (1.1, 2), (7, 10), (0.0005, 0.0005), (430, 500)]
)
def test_steps_are_round(step: float, rounded: float) -> None:
    assert svg.round_step(step) == pytest.approx(rounded)


def test_every_value_is_counted_once() -> None:
    values = [0.1 * n for n in range(-3, 40)]
    low, high, step = svg._bins(min(values), max(values), 20)
    counts = svg._count(values, low, step, round((high - low) / step))
    assert sum(counts) == len(values)
    assert low <= min(values)
    assert high > max(values)


@pytest.mark.parametrize(
    "series",
    [{"a": [1.0, 2.0, 2.5], "b": [0.5]}, {"a": [3.0]}, {"a": [0.0, 0.0]}, {"a": [], "b": []}, {}],
)
def test_charts_are_well_formed_whatever_they_show(series: dict[str, list[float]]) -> None:
    for chart in (svg.histogram(series, "x < y"), svg.curves(series, "a & b", "c")):
        assert ElementTree.fromstring(chart).tag == "svg"
        assert "nan" not in chart


def test_long_curves_keep_their_ends() -> None:
    row = [float(100_000 - n) for n in range(100_000)]
    chart = svg.curves({"a": row}, "x", "y")
    assert len(chart) < 40_000
    line = next(e for e in ElementTree.fromstring(chart) if e.tag == "polyline")
    last = line.attrib["points"].split()[-1]
    assert float(last.split(",")[0]) == svg.WIDTH - svg.RIGHT
