from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import pytest

from realsyn_tasks.report import svg
from realsyn_tasks.report.svg import Axis, Dots, Line, Mark, Ridge, Scale, Stack, Text

TEXT = Text("a<b", "A & B", 'said "so"')


def ridge(*values: float) -> str:
    bins = [(value, value + 1, 3.0) for value in values]
    return svg.ridges(TEXT, [Ridge("text1", bins, 1.0)], Axis("x < y"), [Mark("theirs", 4.0)])


def line(*values: float) -> str:
    points = [(float(place + 1), value) for place, value in enumerate(values)]
    return svg.lines(TEXT, [Line("a < b", points)], Axis("x"), Axis("y & z"))


def logarithmic(*values: float) -> str:
    points = [(float(place + 1), value) for place, value in enumerate(values)]
    return svg.lines(TEXT, [Line("a", points)], Axis("x", log=True), Axis("y", log=True))


def stack(*values: float) -> str:
    rows = [Stack("a & b", value, value, 0.0, ("only <a>", "only b")) for value in values]
    return svg.stacks(TEXT, rows, "unique entities")


def dots(*values: float) -> str:
    points = [(value, -value) for value in values]
    return svg.scatter(TEXT, [Dots("others", points), Dots("dogs & cats", points, 0)])


KINDS = [ridge, line, logarithmic, stack, dots]


@pytest.mark.parametrize(
    ("step", "rounded"), [(0.03, 0.05), (1, 1), (1.1, 2), (7, 10), (0.0005, 0.0005), (430, 500)]
)
def test_steps_are_round(step: float, rounded: float) -> None:
    assert svg.round_step(step) == pytest.approx(rounded)


@pytest.mark.parametrize("values", [(), (3.0,), (1.0, 1.0), (0.0, 5.0), (1.0, 2.5, 1e7)])
@pytest.mark.parametrize("draw", KINDS)
def test_charts_are_well_formed_whatever_they_show(
    draw: Callable[..., str], values: tuple[float, ...]
) -> None:
    chart = draw(*values)
    assert ElementTree.fromstring(chart).tag == "svg"
    assert "nan" not in chart
    assert "inf" not in chart


@pytest.mark.parametrize("draw", KINDS)
def test_a_chart_is_one_picture_with_title_and_description(draw: Callable[..., str]) -> None:
    chart = ElementTree.fromstring(draw(1.0, 2.0))
    assert chart.attrib["role"] == "img"
    named = [element.attrib["id"] for element in chart if element.tag in ("title", "desc")]
    assert chart.attrib["aria-labelledby"].split() == named
    assert [element.text for element in chart][:2] == ["A & B", 'said "so"']


@pytest.mark.parametrize("draw", KINDS)
def test_no_colour_is_written_into_a_chart(draw: Callable[..., str]) -> None:
    for part in ElementTree.fromstring(draw(1.0, 2.0)):
        assert not {"fill", "stroke", "style"} & set(part.attrib)


def test_every_value_is_counted_once() -> None:
    scale = Scale(0.0, 10.0, svg.RIDGE_LEFT, svg.WIDTH - svg.RIGHT)
    bins = [(0.1 * n, 0.1 * n + 0.1, 2.0) for n in range(-3, 140)]
    assert sum(svg.columns_of(bins, scale).values()) == pytest.approx(2.0 * len(bins))


def test_a_gap_between_values_is_drawn_as_one() -> None:
    chart = ElementTree.fromstring(ridge(0.0, 30.0))
    [polygon] = [element for element in chart if element.tag == "polygon"]
    heights = [float(point.split(",")[1]) for point in polygon.attrib["points"].split()]
    assert heights.count(max(heights)) > len(heights) / 2


def test_long_curves_keep_their_ends() -> None:
    chart = line(*(float(100_000 - n) for n in range(100_000)))
    assert len(chart) < 40_000
    drawn = next(e for e in ElementTree.fromstring(chart) if e.tag == "polyline")
    last = drawn.attrib["points"].split()[-1]
    assert float(last.split(",")[0]) == svg.WIDTH - svg.RIGHT


def test_ticks_of_a_logarithm_are_powers_or_round_values_between() -> None:
    assert Scale(1, 10_000, 0, 1, log=True).ticks() == [1, 10, 100, 1000, 10_000]
    assert Scale(3, 60, 0, 1, log=True).ticks() == [5, 10, 20, 50]


def test_names_of_marks_that_are_near_do_not_cover_each_other() -> None:
    marks = [Mark("its text1", 24.0), Mark("its synthetic", 26.0)]
    bins = [(0.0, 80.0, 1.0)]
    chart = ElementTree.fromstring(svg.ridges(TEXT, [Ridge("a", bins, 9.0)], Axis("x"), marks))
    heights = {e.text: e.attrib["y"] for e in chart if e.attrib.get("class") == "marked"}
    assert heights["its text1"] != heights["its synthetic"]


def test_more_lines_than_a_chart_has_room_for_names_are_drawn_all_the_same() -> None:
    flat = [Line(f"arm {number}", [(1.0, 0.5), (2.0, 0.5)], number % 8) for number in range(40)]
    drawn = svg.lines(TEXT, flat, Axis("x"), Axis("y"))
    places = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*halo', drawn)]
    assert len(places) == 40
    assert 10 < len(set(places)) < 40
    assert all(0 < place < 230 for place in places)
