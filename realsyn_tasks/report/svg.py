"""Charts as SVG text: a few rectangles and lines, the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 520, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 42
COLOURS = ("#2f6fde", "#e8743b", "#98a2b3")

Series = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Scale:
    """A linear map from values to pixels, with round ticks."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Give the pixel of a value."""
        share = (value - self.low) / (self.high - self.low or 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self, wanted: int = 6) -> list[float]:
        """Give about so many round values within the scale."""
        step = round_step((self.high - self.low) / wanted)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def round_step(step: float) -> float:
    """Give the next larger of 1, 2 or 5 times a power of ten."""
    if step <= 0:
        return 1.0
    power = 10.0 ** floor(log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def histogram(series: Series, x_label: str, y_label: str = "pairs", bins: int = 40) -> str:
    """Draw the distributions of up to three series over each other, on common bins."""
    values = [value for row in series.values() for value in row]
    if not values:
        return nothing("no values")
    low, high, step = _bins(min(values), max(values), bins)
    counts = {
        name: _count(row, low, step, round((high - low) / step)) for name, row in series.items()
    }
    x = Scale(low, high, LEFT, WIDTH - RIGHT)
    top = max(max(row) for row in counts.values())
    y = Scale(0, top * 1.05, HEIGHT - BOTTOM, TOP)
    shapes = [_steps(row, low, step, x, y, n) for n, row in enumerate(counts.values())]
    return _chart([*_axes(x, y, x_label, y_label), *shapes], f"histogram of {x_label}")


def _bins(low: float, high: float, wanted: int) -> tuple[float, float, float]:
    """Give round bounds and a round width for about so many bins."""
    step = round_step((high - low or abs(high) or 1.0) / wanted)
    first, last = floor(low / step + 1e-9), floor(high / step + 1e-9) + 1
    return first * step, last * step, step


def _count(values: Sequence[float], low: float, step: float, bins: int) -> list[int]:
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, max(0, floor((value - low) / step + 1e-9)))] += 1
    return counts


def _steps(counts: Sequence[int], low: float, step: float, x: Scale, y: Scale, place: int) -> str:
    points = [(x.at(low), y.at(0))]
    for number, count in enumerate(counts):
        points += [
            (x.at(low + number * step), y.at(count)),
            (x.at(low + (number + 1) * step), y.at(count)),
        ]
    points.append((points[-1][0], y.at(0)))
    colour = COLOURS[place]
    return (
        f'<polygon points="{_points(points)}" fill="{colour}" fill-opacity="0.22"'
        f' stroke="{colour}" stroke-width="1.6" stroke-linejoin="round"/>'
    )


def curves(series: Series, x_label: str, y_label: str) -> str:
    """Draw sequences as lines over their index, counted from 1."""
    if not any(series.values()):
        return nothing("no values")
    longest = max(len(row) for row in series.values())
    x = Scale(1, max(2, longest), LEFT, WIDTH - RIGHT)
    y = Scale(0, max(max(row, default=0) for row in series.values()) * 1.05, HEIGHT - BOTTOM, TOP)
    lines = [_line(row, x, y, COLOURS[n]) for n, row in enumerate(series.values()) if row]
    return _chart([*_axes(x, y, x_label, y_label), *lines], f"{y_label} over {x_label}")


def shares(series: Mapping[str, Sequence[tuple[float, float]]], x_label: str, y_label: str) -> str:
    """Draw lines through points, of which both values are shares from 0 to 1."""
    if not any(series.values()):
        return nothing("no values")
    x, y = Scale(0, 1, LEFT, WIDTH - RIGHT), Scale(0, 1.05, HEIGHT - BOTTOM, TOP)
    lines = [
        _polyline([(x.at(a), y.at(b)) for a, b in points], COLOURS[n])
        for n, points in enumerate(series.values())
        if points
    ]
    return _chart([*_axes(x, y, x_label, y_label), *lines], f"{y_label} over {x_label}")


MOST_POINTS = 1_000


def _line(row: Sequence[float], x: Scale, y: Scale, colour: str) -> str:
    step = max(1, len(row) // MOST_POINTS)
    places = [*range(0, len(row) - 1, step), len(row) - 1]
    points = [(x.at(place + 1), y.at(row[place])) for place in places]
    return _polyline(points, colour)


def _polyline(points: Sequence[tuple[float, float]], colour: str) -> str:
    return f'<polyline points="{_points(points)}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _axes(x: Scale, y: Scale, x_label: str, y_label: str) -> Iterator[str]:
    for value in y.ticks(5):
        at = y.at(value)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" class="grid"/>'
        yield f'<text x="{LEFT - 7}" y="{at + 4:.1f}" text-anchor="end">{value:g}</text>'
    for value in x.ticks():
        at, under = x.at(value), HEIGHT - BOTTOM + 17
        yield f'<text x="{at:.1f}" y="{under}" text-anchor="middle">{value:.4g}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>'
    at = (TOP + HEIGHT - BOTTOM) / 2
    yield (
        f'<text x="13" y="{at:.0f}" text-anchor="middle"'
        f' transform="rotate(-90 13 {at:.0f})">{escape(y_label)}</text>'
    )


def nothing(why: str) -> str:
    """Draw an empty chart that says why it is empty."""
    text = (
        f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT / 2:.0f}" text-anchor="middle">{escape(why)}</text>'
    )
    return _chart([text], why)


def _chart(parts: Sequence[str], label: str) -> str:
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
    return "\n".join([head, *parts, "</svg>"])


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
