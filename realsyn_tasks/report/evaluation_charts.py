"""The charts of an evaluation: claims and arms with their intervals, and curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from realsyn_tasks.report import evaluated, svg
from realsyn_tasks.report.evaluated import Grid, Outcome
from realsyn_tasks.report.svg import COLOURS, Axis, Line, Mark, Measured, Text

Row = Mapping[str, Any]
COLOUR_OF = {"holds": 2, "null": 6, "reversed": 4}
OVER = {
    "pairs": "pictures trained with",
    "caption_share": "share of pictures with a caption",
    "skew": "pictures of the largest cluster over those of the median one",
}
LOGARITHMIC = ("pairs", "skew")
DIFFERENCE, EXTRAPOLATED = "difference", "extrapolated"
EVERY = -1  # in place of a version's number


def claims(name: str, outcome: Outcome, version: int) -> str:
    """Draw the difference of each claim with its interval, beside nothing at all."""
    rows = [row for row in evaluated.claims(outcome, version) if row["difference"] is not None]
    drawn = [_difference(row) for row in rows]
    said = "; ".join(f"{row['claim']} {evaluated.signed(row['difference'])}" for row in rows)
    text = Text(name, "Claims", f"Differences with intervals, zero is no difference: {said}.")
    return svg.intervals(text, drawn, Axis("difference"), [Mark("none", 0.0)] if drawn else [])


def _difference(row: Row) -> Measured:
    label = str(row["claim"]).replace("_", " ")
    colour = COLOUR_OF.get(row["verdict"], 6)
    return Measured(label, row["difference"], row["low"], row["high"], colour)


def arms(name: str, grid: Grid) -> str:
    """Draw each arm's mean over the sets, or its value on the only one."""
    shown = [(line, line.cells[0]) for line in grid.lines if line.cells and line.cells[0]]
    drawn = [
        Measured(line.arm, cell.value, cell.low, cell.high, 0 if line.role == evaluated.ARM else 6)
        for line, cell in shown
        if cell is not None
    ]
    label = evaluated.measure_name(grid.measure)
    said = "; ".join(f"{row.label} {evaluated.share(row.value)}" for row in drawn)
    text = Text(name, f"Arms: {label}", f"{label} of each arm: {said}.")
    return svg.intervals(text, drawn, Axis(f"{label}, {evaluated.set_name(grid.sets[0])}", low=0.0))


def curve(name: str, which: Row) -> dict[str, str]:
    """Draw the measure of each arm, and the differences to the first one where there are any."""
    points = [point for point in which["points"] if point["value"] is not None]
    apart = [point for point in points if point["kind"] == DIFFERENCE]
    level = [point for point in points if point["kind"] != DIFFERENCE]
    label = evaluated.measure_name(which["measure"])
    drawn = {}
    if level:
        drawn["level"] = _drawn(f"{name}-level", which, level, label)
    if apart:
        drawn["difference"] = _drawn(f"{name}-apart", which, apart, f"gain in {label}")
    return drawn


def _drawn(name: str, which: Row, points: Sequence[Row], label: str) -> str:
    some = list(_lines(points, any(fit["version"] != EVERY for fit in which["fits"])))
    said = "; ".join(f"{line.label}: {', '.join(_told(line))}" for line in some)
    over = OVER.get(which["over"], str(which["over"]))
    text = Text(name, which["words"] or which["name"], f"{label} over {over}. {said}.")
    return svg.lines(text, some, Axis(over, which["over"] in LOGARITHMIC), Axis(label))


def _told(line: Line) -> Iterator[str]:
    return (f"{evaluated.signed(y)} at {svg.number(x)}" for x, y in line.points)


def _lines(points: Sequence[Row], apart: bool) -> Iterator[Line]:
    """Give a line for each arm, dashed where it is extrapolated; versions are places on one.

    Apart: a version that has sizes of its own has lines of its own.
    """
    names = list(dict.fromkeys(point["arm"] for point in points))
    lines: dict[tuple[int, int, bool], list[Row]] = {}
    for point in points:
        version = point["version"] if apart else EVERY
        far = point["kind"] == EXTRAPOLATED
        lines.setdefault((version, names.index(point["arm"]), far), []).append(point)
    several = len({version for version, _, _ in lines}) > 1
    for (version, place, far), some in sorted(lines.items()):
        label = f"{names[place]}, version {version}" if several else names[place]
        yield _line(f"{label}, extrapolated" if far else label, some, place % COLOURS, far)


def _line(label: str, points: Sequence[Row], colour: int, dashed: bool) -> Line:
    ordered = sorted(points, key=lambda point: (point["x"], point["version"]))
    sure = [(p["x"], p["low"], p["high"]) for p in ordered if None not in (p["low"], p["high"])]
    return Line(label, [(p["x"], p["value"]) for p in ordered], colour, dashed, sure)


def fitted(which: Row) -> list[str]:
    """Write each fit in words: its form with its numbers, and between what they lie."""
    return [
        f"{row['arm']}: {svg.rounded(row['a'])} − {svg.rounded(row['b'])} / ln(x − "
        f"{svg.rounded(row['c'])}); a [{_end(row, 'a_low')}, {_end(row, 'a_high')}], b"
        f" [{_end(row, 'b_low')}, {_end(row, 'b_high')}]"
        for row in which["fits"]
        if None not in (row["a"], row["b"], row["c"])
    ]


def _end(row: Row, name: str) -> str:
    return "–" if row[name] is None else svg.rounded(row[name])
