"""What follows from the records of the suite `scale`: exponents, goals, and larger corpora."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

Record = dict[str, Any]
LARGE = {"10M": 10_000_000, "100M": 100_000_000, "paper": 198_000_000}  # pictures
CPU_GOAL, SEARCH_GOAL = 1.1, 1.35  # exponents
SEARCHES = {"search_lists"}  # at planned recall
RSS_GOAL = 1.15  # at the largest size against the one before
BYTES_GOAL = 1.1  # an item, either way
REQUESTS_GOAL = 1.1  # exponent; shards and partitions grow with the corpus
LEAST_CPU = 1.0  # seconds; of less no exponent is judged
GROWING = {
    "CPU": "cpu_seconds",
    "RSS": "peak_rss_mb",
    "bytes": "bytes_written",
    "objects": "objects",
    "requests": "requests",
}
SUMMED = ("cpu_seconds", "bytes_written", "requests")
LARGE_UNITS = "CPU-h, GB of memory, GB written, M requests"


@dataclass(frozen=True)
class Line:
    """One stage or step at all sizes of corpora with one share of copies, smallest first."""

    records: tuple[Record, ...]

    @property
    def name(self) -> str:
        """Name the stage or step."""
        return str(self.records[0]["stage"])

    @cached_property
    def sizes(self) -> list[int]:
        """Give the numbers of pictures."""
        return [int(record["pictures"]) for record in self.records]

    def values(self, name: str) -> list[float]:
        """Give a number of each record; `requests` is the sum of all kinds."""
        if name == "requests":
            return [float(sum(record[name].values())) for record in self.records]
        return [float(record[name]) for record in self.records]

    def exponents(self, name: str) -> list[float | None]:
        """Give the exponents between neighbouring sizes."""
        pairs = pairwise(zip(self.sizes, self.values(name), strict=True))
        return [exponent(*first, *second) for first, second in pairs]

    def overall(self, name: str) -> float | None:
        """Give the exponent between the smallest and the largest size; None for one size."""
        if len(self.sizes) < 2:
            return None
        values = self.values(name)
        return exponent(self.sizes[0], values[0], self.sizes[-1], values[-1])

    def last(self, name: str) -> float | None:
        """Give the exponent between the two largest sizes."""
        exponents = self.exponents(name)
        return exponents[-1] if exponents else None

    @property
    def cpu_goal(self) -> float:
        """Give the largest exponent of CPU seconds that is good enough."""
        return SEARCH_GOAL if self.name in SEARCHES else CPU_GOAL

    @property
    def rss_ratio(self) -> float | None:
        """Give the peak memory at the largest size over that at the one before."""
        values = self.values("peak_rss_mb")
        return values[-1] / values[-2] if len(values) > 1 else None

    @property
    def bytes_ratio(self) -> float | None:
        """Give the bytes written an item at the largest size over those at the one before."""
        each = [w / n for w, n in zip(self.values("bytes_written"), self.sizes, strict=True)]
        return each[-1] / each[-2] if len(each) > 1 and each[-2] else None

    def misses(self) -> list[str]:
        """Name the goals that are missed."""
        return [name for name, missed in _GOALS.items() if missed(self)]

    def at(self, name: str, pictures: int) -> float:
        """Give what a larger corpus takes of CPU seconds, bytes, objects or requests."""
        return grown(self.sizes, self.values(name), pictures)

    def rss_at(self, pictures: int) -> float:
        """Give the peak memory in MB of a larger corpus; what every process has does not grow.

        That of a single size does not either.
        """
        start = self.values("startup_rss_mb")
        both = zip(self.values("peak_rss_mb"), start, strict=True)
        own = [max(1.0, peak - before) for peak, before in both]
        power = exponent(self.sizes[-2], own[-2], self.sizes[-1], own[-1]) if own[1:] else None
        growth: float = (pictures / self.sizes[-1]) ** max(0.0, power or 0.0)
        return start[-1] + own[-1] * growth


def exponent(size: float, value: float, larger: float, its_value: float) -> float | None:
    """Give e of value ~ size^e through two points; None where one is nothing."""
    if min(value, its_value) <= 0 or size == larger:
        return None
    return math.log(its_value / value) / math.log(larger / size)


def grown(sizes: Sequence[int], values: Sequence[float], size: int) -> float:
    """Give the value at a larger size: by the last exponent where that is 1 or more.

    Where it is less, a constant part hides the growth; then by a line through the last two. Of a
    single size, as of a stage that smaller corpora do without, in proportion.
    """
    if len(sizes) < 2:
        return values[-1] * size / sizes[-1]
    (first, low), (last, high) = zip(sizes[-2:], values[-2:], strict=True)
    power = exponent(first, low, last, high)
    if power is not None and power >= 1:
        growth: float = (size / last) ** power
        return high * growth
    slope = max(0.0, (high - low) / (last - first))
    return high + slope * (size - last)


def _cpu(line: Line) -> bool:
    power = line.last("cpu_seconds")
    enough = line.values("cpu_seconds")[-1] >= LEAST_CPU
    return enough and power is not None and power > line.cpu_goal


def _requests(line: Line) -> bool:
    power = line.last("requests")
    return power is not None and power > REQUESTS_GOAL


def _bytes(line: Line) -> bool:
    """A line that writes less an item than before has a constant part, and misses nothing."""
    return line.bytes_ratio is not None and line.bytes_ratio > BYTES_GOAL


_GOALS: dict[str, Callable[[Line], bool]] = {
    "CPU": _cpu,
    "RSS": lambda line: line.rss_ratio is not None and line.rss_ratio > RSS_GOAL,
    "declared": lambda line: (
        max(line.values("peak_rss_mb")) > line.records[-1]["declared_memory_mb"]
    ),
    "bytes": _bytes,
    "requests": _requests,
}


def lines(records: Sequence[Record], copies: float) -> list[Line]:
    """Put the records of a share of copies together by stage, in the order of the first size."""
    by_stage: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda record: int(record["pictures"])):
        if record["copies"] == copies:
            by_stage.setdefault(record["stage"], []).append(record)
    return [Line(tuple(mine)) for mine in by_stage.values()]


def markdown(records: Sequence[Record]) -> Iterator[str]:
    """Give tables for each share of copies: what was measured, and what follows."""
    for copies in sorted({record["copies"] for record in records}):
        mine = lines(records, copies)
        sizes = sorted({size for line in mine for size in line.sizes})
        yield f"### {copies:.0%} copies"
        yield ""
        yield from _measured(mine, sizes)
        yield ""
        if len(sizes) > 1:
            yield from _exponents(mine)
            yield ""
            yield from _following(mine)
            yield ""


def _measured(mine: Sequence[Line], sizes: Sequence[int]) -> Iterator[str]:
    named = [_short(size) for size in sizes]
    yield (
        f"| stage | CPU-s at {' / '.join(named)} | exponent | RSS, MB | ratio | declared | KB a"
        " picture | objects | requests | misses |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for line in mine:
        last = line.records[-1]
        cells = (
            line.name,
            _each(line.values("cpu_seconds"), _number),
            _each(line.exponents("cpu_seconds"), _ratio),
            _each(line.values("peak_rss_mb"), lambda mb: f"{mb:.0f}"),
            _ratio(line.rss_ratio),
            f"{last['declared_memory_mb']:.0f}",
            f"{last['bytes_written'] / last['pictures'] / 1000:.2f}",
            _each(line.values("objects"), lambda n: f"{n:.0f}"),
            _each(line.values("requests"), lambda n: f"{n:.0f}"),
            ", ".join(line.misses()),
        )
        yield f"| {' | '.join(cells)} |"
    totals = [sum(line.values("cpu_seconds")[-1] for line in mine if size in line.sizes[-1:])
              for size in sizes[-1:]]  # fmt: skip
    each = 1000 * totals[0] / sizes[-1]
    yield f"\nAll: {totals[0]:.0f} CPU-s at {named[-1]}, {each:.1f} ms a picture."


def _exponents(mine: Sequence[Line]) -> Iterator[str]:
    yield "| exponents between the two largest sizes | " + " | ".join(GROWING) + " |"
    yield "|---" * (1 + len(GROWING)) + "|"
    for line in mine:
        yield f"| {line.name} | {' | '.join(_ratio(line.last(n)) for n in GROWING.values())} |"


def _following(mine: Sequence[Line]) -> Iterator[str]:
    yield "| stage | " + " | ".join(f"{name}: {LARGE_UNITS}" for name in LARGE) + " |"
    yield "|---" * (1 + len(LARGE)) + "|"
    for line in mine:
        cells = [_large(line, pictures) for pictures in LARGE.values()]
        yield f"| {line.name} | {' | '.join(cells)} |"
    sums = [_sums(mine, pictures) for pictures in LARGE.values()]
    yield f"| all | {' | '.join(sums)} |"


def _large(line: Line, pictures: int) -> str:
    cpu, stored, asked = (line.at(name, pictures) for name in SUMMED)
    memory = f"{line.rss_at(pictures) / 1024:.1f}"
    return f"{_number(cpu / 3600)}, {memory}, {_number(stored / 1e9)}, {_number(asked / 1e6)}"


def _sums(mine: Sequence[Line], pictures: int) -> str:
    cpu, stored, asked = (sum(line.at(n, pictures) for line in mine) for n in SUMMED)
    return f"{_number(cpu / 3600)}, , {_number(stored / 1e9)}, {_number(asked / 1e6)}"


def _short(size: int) -> str:
    return f"{size // 1000}k" if size >= 1000 else str(size)


def _each(values: Sequence[Any], written: Callable[[Any], str]) -> str:
    return " / ".join(written(value) for value in values)


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
