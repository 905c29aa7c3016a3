"""Charts as SVG text, drawn as for a paper: the same bytes for the same numbers.

Colours are classes (`c0` to `c7`, `soft`), which the page's style sheet gives for light and dark.
Every chart is one picture to a screen reader, with a title and a description. Numbers of others are
drawn beside ours as dashed marks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain, pairwise, takewhile
from itertools import count as counted
from math import ceil, floor, log10

WIDTH = 420  # of every chart, in its own units: at most what a telephone shows one to one
LETTER = 6.6  # width of a letter, about
NAME = 13.0  # height of a line's name
LEFT, RIGHT, TOP, BOTTOM = 50, 14, 14, 44
COLOURS = 8
MOST_POINTS = 1_000

Point = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """A map from values to places, linear or by their logarithm, with round ticks."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Give the place of a value; what is beyond the scale stands at its end."""
        low, high, value = (self._even(each) for each in (self.low, self.high, value))
        share = (value - low) / (high - low or 1.0)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)

    def _even(self, value: float) -> float:
        return log10(max(value, 1e-12)) if self.log else value

    def ticks(self, wanted: int = 7) -> list[float]:
        """Give about so many round values within the scale."""
        return self._powers() if self.log else self._steps(wanted)

    def _steps(self, wanted: int) -> list[float]:
        step = round_step((self.high - self.low) / wanted)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]

    def _powers(self) -> list[float]:
        first, last = ceil(log10(self.low) - 1e-9), floor(log10(self.high) + 1e-9)
        powers = [10.0**power for power in range(first, last + 1)]
        if len(powers) > 2:
            return powers
        between = [
            factor * power for power in [10.0 ** (first - 1), *powers] for factor in (1, 2, 5)
        ]
        return [value for value in between if self.low <= value <= self.high]


def round_step(step: float) -> float:
    """Give the next larger of 1, 2 or 5 times a power of ten."""
    if step <= 0:
        return 1.0
    power = 10.0 ** floor(log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


@dataclass(frozen=True)
class Text:
    """What a chart is called, and what it shows, in words for those who do not see it."""

    name: str  # of its own on the page
    title: str
    description: str


@dataclass(frozen=True)
class Axis:
    """What an axis measures; without bounds it takes those of the values."""

    label: str
    log: bool = False
    low: float | None = None
    high: float | None = None

    def scale(self, values: Sequence[float], start: float, end: float) -> Scale:
        """Lay the axis over a range of places."""
        low = min(values) if self.low is None else self.low
        high = max(values) if self.high is None else self.high
        if self.log and low <= 0:
            low = min((value for value in values if value > 0), default=1.0)
        if high <= low:
            high = low * 10 if self.log and low > 0 else low + 1
        return Scale(low, high, start, end, self.log)


@dataclass(frozen=True)
class Mark:
    """A value that another publication gives, drawn beside ours."""

    label: str
    value: float


@dataclass(frozen=True)
class Ridge:
    """A distribution: the counts of bins, and the value in the middle."""

    label: str
    bins: Sequence[tuple[float, float, float]]  # low, high, count
    median: float
    colour: int = 0
    dashed: bool = False  # something to compare with


RIDGE, RIDGE_LEFT, MARKED = 46, 104, 16
COLUMN = 8  # width in which values are counted


def ridges(text: Text, rows: Sequence[Ridge], axis: Axis, marks: Sequence[Mark] = ()) -> str:
    """Draw distributions one below the other over one axis, each to its own height."""
    rows = [row for row in rows if any(count for _, _, count in row.bins)]
    if not rows:
        return nothing(text, "no values")
    edges = [edge for row in rows for low, high, _ in row.bins for edge in (low, high)]
    x = axis.scale([*edges, *(mark.value for mark in marks)], RIDGE_LEFT, WIDTH - RIGHT)
    top = TOP + (MARKED if marks else 0)
    bottom = top + RIDGE * len(rows) + 8
    parts = [*_x_axis(x, axis.label, top, bottom), *_marks(marks, x, top, bottom)]
    for number, row in enumerate(rows):
        parts += _ridge(row, x, top + RIDGE * (number + 1))
    return _chart(text, parts, bottom + BOTTOM)


def _ridge(row: Ridge, x: Scale, base: float) -> Iterator[str]:
    columns = columns_of(row.bins, x)
    y = Scale(0, max(columns.values()), base, base - RIDGE + 8)
    first, last = min(columns), max(columns)
    places = [(x.start + COLUMN * first, base)]
    for number in range(first, last + 1):
        top, left = y.at(columns.get(number, 0.0)), x.start + COLUMN * number
        places += [(left, top), (min(left + COLUMN, x.end), top)]
    places.append((places[-1][0], base))
    dash = " dash" if row.dashed else ""
    yield f'<polygon points="{_points(places)}" class="area c{row.colour}{dash}"/>'
    at = x.at(row.median)
    yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{base}" y2="{base - 12}" class="median"/>'
    yield _said(RIDGE_LEFT - 10, base - 12, row.label, "end", "label")
    yield _said(RIDGE_LEFT - 10, base + 1, f"median {rounded(row.median)}", "end", "soft")


def rounded(value: float) -> str:
    """Write a value in three digits, or whole where it is large."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def columns_of(bins: Sequence[tuple[float, float, float]], x: Scale) -> dict[int, float]:
    """Share the counts of bins out among columns of one width on the page."""
    counts: dict[int, float] = {}
    last = ceil((x.end - x.start) / COLUMN) - 1
    for low, high, count in bins:
        left = min(last, floor((x.at(low) - x.start) / COLUMN + 1e-6))
        right = min(last, max(left, ceil((x.at(high) - x.start) / COLUMN - 1e-6) - 1))
        for number in range(left, right + 1) if count else ():
            counts[number] = counts.get(number, 0.0) + count / (right - left + 1)
    return counts


def _marks(marks: Sequence[Mark], x: Scale, top: float, bottom: float) -> Iterator[str]:
    """Draw values of others as dashed lines, their names in two rows where they are near."""
    free = {0: -1e9, 1: -1e9}
    for mark in sorted(marks, key=lambda mark: mark.value):
        at = x.at(mark.value)
        half = LETTER * len(mark.label) / 2
        middle = min(max(at, x.start + half), x.end - half)
        line = 0 if middle - half > free[0] else 1
        free[line] = middle + half + 4
        yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{bottom}" class="mark"/>'
        yield _said(middle, top - 4 - 12 * line, mark.label, "middle", "marked")


@dataclass(frozen=True)
class Line:
    """A line through points, with its name at its end."""

    label: str
    points: Sequence[Point]
    colour: int = 0
    dashed: bool = False
    between: Sequence[tuple[float, float, float]] = ()  # x, low, high: how sure it is


def lines(text: Text, some: Sequence[Line], x_axis: Axis, y_axis: Axis, height: int = 230) -> str:
    """Draw lines over common axes."""
    some = [line for line in some if line.points]
    if not some:
        return nothing(text, "no values")
    xs = [x for line in some for x, _ in line.points]
    ys = [y for line in some for _, y in line.points]
    ys += [end for line in some for _, *ends in line.between for end in ends]
    x = x_axis.scale(xs, LEFT, WIDTH - RIGHT)
    y = y_axis.scale([*ys, 0.0] if not y_axis.log else ys, height - BOTTOM, TOP)
    parts = [*_y_axis(y, y_axis.label), *_x_axis(x, x_axis.label, TOP, height - BOTTOM)]
    sure = [line for line in some if line.between]
    parts += [_between(line, x, y) for line in sure]
    parts += [_line(line, x, y) for line in some]
    parts += [dot for line in sure for dot in _dots(Dots("", line.points, line.colour), x, y)]
    return _chart(text, [*parts, *_names(some, x, y)], height)


def _between(line: Line, x: Scale, y: Scale) -> str:
    upper = [(x.at(at), y.at(high)) for at, _, high in line.between]
    lower = [(x.at(at), y.at(low)) for at, low, _ in reversed(line.between)]
    return f'<polygon points="{_points([*upper, *lower])}" class="area between c{line.colour}"/>'


def _line(line: Line, x: Scale, y: Scale) -> str:
    dash = " dash" if line.dashed else ""
    places = [(x.at(a), y.at(b)) for a, b in thinned(line.points)]
    return f'<polyline points="{_points(places)}" class="line c{line.colour}{dash}"/>'


def thinned(points: Sequence[Point]) -> list[Point]:
    """Give no more points than one sees, with the first and the last."""
    step = max(1, len(points) // MOST_POINTS)
    return [points[place] for place in [*range(0, len(points) - 1, step), len(points) - 1]]


def _names(some: Sequence[Line], x: Scale, y: Scale) -> Iterator[str]:
    """Write the name of each line on it, none over another."""
    taken: list[float] = []
    for line in some:
        at, place = _part_way(sorted((x.at(a), y.at(b)) for a, b in thinned(line.points)))
        place = place - 6 if place - 6 > TOP + 9 else place + 15
        place = _free(place, taken, y.start - 20)
        taken.append(place)
        at = min(at + 4, WIDTH - RIGHT - LETTER * len(line.label))
        yield _said(at, place, line.label, "start", f"label halo t{line.colour}")


def _free(wanted: float, taken: Sequence[float], lowest: float) -> float:
    """Give the first place for a name, downwards and then upwards, that no other name is at.

    Where the chart is full of names, one stands over another.
    """
    below = takewhile(lambda place: place < lowest + NAME, counted(wanted, NAME))
    above = takewhile(lambda place: place > TOP, counted(wanted - NAME, -NAME))
    free = (
        place
        for place in chain([wanted], below, above)
        if all(abs(place - other) >= NAME for other in taken)
    )
    return next(free, wanted)


def _part_way(places: Sequence[Point]) -> Point:
    """Give the point of a line two fifths on its way from left to right."""
    at = places[0][0] + 0.4 * (places[-1][0] - places[0][0])
    for (left, start), (right, end) in pairwise(places):
        if left <= at <= right and right > left:
            return at, start + (end - start) * (at - left) / (right - left)
    return places[0]


@dataclass(frozen=True)
class Measured:
    """A value with its interval, by name."""

    label: str
    value: float
    low: float | None
    high: float | None
    colour: int = 0


MEASURED, MEASURED_LEFT = 22, 150
LONGEST = 20  # characters of a name


def intervals(text: Text, rows: Sequence[Measured], axis: Axis, marks: Sequence[Mark] = ()) -> str:
    """Draw values with their intervals one below the other over one axis."""
    if not rows:
        return nothing(text, "no values")
    known = [v for row in rows for v in (row.value, row.low, row.high) if v is not None]
    x = axis.scale([*known, *(mark.value for mark in marks)], MEASURED_LEFT, WIDTH - RIGHT)
    top = TOP + (MARKED if marks else 0)
    bottom = top + MEASURED * len(rows) + 4
    parts = [*_x_axis(x, axis.label, top, bottom), *_marks(marks, x, top, bottom)]
    for number, row in enumerate(rows):
        parts += _measured(row, x, top + MEASURED * number + 13)
    return _chart(text, parts, bottom + BOTTOM)


def _measured(row: Measured, x: Scale, middle: float) -> Iterator[str]:
    short = row.label if len(row.label) <= LONGEST else f"{row.label[: LONGEST - 1]}…"
    yield _said(MEASURED_LEFT - 10, middle + 4, short, "end", "label")
    if row.low is not None and row.high is not None:
        left, right = x.at(row.low), x.at(row.high)
        yield (
            f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{middle}" y2="{middle}"'
            f' class="line c{row.colour}"/>'
        )
    at = x.at(row.value)
    yield f'<path d="M{at:.1f} {middle}h0" class="dots value c{row.colour}"/>'


@dataclass(frozen=True)
class Stack:
    """Two sets that share some: what only the left one has, both, and only the right one."""

    label: str
    only_left: float
    both: float
    only_right: float
    names: tuple[str, str]
    dashed: bool = False  # of another publication


STACK = 52


def stacks(text: Text, rows: Sequence[Stack], unit: str) -> str:
    """Draw pairs of sets as bars of three parts, each bar on one common scale."""
    if not rows:
        return nothing(text, "no values")
    longest = max(row.only_left + row.both + row.only_right for row in rows)
    x = Scale(0, longest or 1.0, 8, WIDTH - RIGHT)
    bottom = TOP + STACK * len(rows)
    parts = [*_x_axis(x, unit, TOP, bottom)]
    for number, row in enumerate(rows):
        parts += _stack(row, x, TOP + STACK * number)
    return _chart(text, parts, bottom + BOTTOM)


def _stack(row: Stack, x: Scale, top: float) -> Iterator[str]:
    yield _said(x.start, top + 11, row.label, "start", "label")
    start, dash = 0.0, " dash" if row.dashed else ""
    parts = (
        (row.only_left, 0, row.names[0]),
        (row.both, 2, "both"),
        (row.only_right, 1, row.names[1]),
    )
    for count, colour, name in parts:
        left, right = x.at(start), x.at(start + count)
        yield (
            f'<rect x="{left:.1f}" y="{top + 17}" width="{right - left:.1f}" height="24"'
            f' class="area c{colour}{dash}"/>'
        )
        said = next(
            (s for s in (f"{name} {count:,.0f}", f"{count:,.0f}") if _fits(s, right - left)), ""
        )
        yield _said((left + right) / 2, top + 33, said, "middle", "label")
        start += count


def _fits(text: str, width: float) -> bool:
    return LETTER * len(text) < width - 4


@dataclass(frozen=True)
class Dots:
    """Some points of one kind, and what they are called."""

    label: str
    points: Sequence[Point]
    colour: int | None = None  # None: all others


CELL = 42.0  # side of a cell in which places are counted, to find where most are


def scatter(text: Text, groups: Sequence[Dots], height: int = 380) -> str:
    """Draw points on a plane without axes, and name the groups where most of each is."""
    xs = sorted(x for group in groups for x, _ in group.points)
    ys = sorted(y for group in groups for _, y in group.points)
    if not xs:
        return nothing(text, "no values")
    x, y = Scale(xs[0], xs[-1], 10, WIDTH - 10), Scale(ys[0], ys[-1], height - 10, 10)
    parts = [part for group in groups for part in _dots(group, x, y)]
    named = [group for group in groups if group.points and group.colour is not None]
    labels: list[tuple[float, float, float]] = []
    for group in named:
        parts.append(_label(group, x, y, labels))
    return _chart(text, parts, height)


def _dots(group: Dots, x: Scale, y: Scale) -> Iterator[str]:
    kind = "other" if group.colour is None else f"c{group.colour}"
    path = "".join(f"M{x.at(a):.1f} {y.at(b):.1f}h0" for a, b in group.points)
    if path:
        yield f'<path d="{path}" class="dots {kind}"/>'


def _label(group: Dots, x: Scale, y: Scale, taken: list[tuple[float, float, float]]) -> str:
    half = LETTER * len(group.label) / 2
    at, place = _crowd([(x.at(a), y.at(b)) for a, b in group.points])
    at = min(max(at, half + 4), WIDTH - half - 4)
    while any(abs(place - p) < 14 and abs(at - a) < half + h for a, p, h in taken):
        place += 14
    taken.append((at, place, half))
    return _said(at, place, group.label, "middle", f"label halo t{group.colour}")


def _crowd(places: Sequence[Point]) -> Point:
    """Give the middle of the cell that has the most of some places."""
    cells: dict[tuple[int, int], list[Point]] = {}
    for a, b in places:
        cells.setdefault((int(a // CELL), int(b // CELL)), []).append((a, b))
    most = max(cells.values(), key=len)
    return sum(a for a, _ in most) / len(most), sum(b for _, b in most) / len(most)


def _x_axis(x: Scale, label: str, top: float, bottom: float) -> Iterator[str]:
    for value in x.ticks():
        at = x.at(value)
        yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{bottom}" class="grid"/>'
        yield _said(at, bottom + 15, number(value), "middle", "soft")
    yield f'<line x1="{x.start}" x2="{x.end}" y1="{bottom}" y2="{bottom}" class="axis"/>'
    yield _said((x.start + x.end) / 2, bottom + 34, label, "middle", "label")


def _y_axis(y: Scale, label: str) -> Iterator[str]:
    for value in y.ticks():
        at = y.at(value)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" class="grid"/>'
        yield _said(LEFT - 6, at + 4, number(value), "end", "soft")
    middle = (y.start + y.end) / 2
    yield (
        f'<text x="12" y="{middle:.0f}" text-anchor="middle" class="label"'
        f' transform="rotate(-90 12 {middle:.0f})">{escape(label)}</text>'
    )


def number(value: float) -> str:
    """Write a tick: short, with thousands as k and millions as M."""
    for unit, name in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= unit:
            return f"{value / (1e3 if name == 'k' else unit):.4g}{name}"
    return f"{value:.4g}"


def _said(x: float, y: float, text: str, anchor: str, kind: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'
    )


def nothing(text: Text, why: str) -> str:
    """Draw an empty chart that says why it is empty."""
    return _chart(text, [_said(WIDTH / 2, 50, why, "middle", "soft")], 100)


def _chart(text: Text, parts: Sequence[str], height: float) -> str:
    name = escape(text.name, quote=True)
    head = (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(text.title)}</title>'
        f'<desc id="{name}-d">{escape(text.description)}</desc>'
    )
    return "\n".join([head, *(part for part in parts if part), "</svg>"])


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
