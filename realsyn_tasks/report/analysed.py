"""What an analysis of a published version measured, as the report shows it.

Tables are named as the group analyze hands them on; each may be missing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import pyarrow as pa

from realsyn_tasks.analyze.balance_curve import TABLE as BALANCE
from realsyn_tasks.report.svg import round_step

Row = dict[str, Any]
Drop = tuple[str, str, str]  # stage, kind of item, reason
Tables = Callable[[str], "pa.Table | None"]
ROLES = ("best", "median", "worst")
MOST_DOTS = 5_000  # of the map
MOST_TERMS = 8
MOST_EXAMPLES = 3  # of what was dropped for a reason
MOST_KEPT = 12  # by a stage, of a kind


@dataclass(frozen=True)
class Distribution:
    """How the values of a measure lie for the texts of one source."""

    source: str
    bins: tuple[tuple[float, float, float], ...]  # low, high, count
    median: float
    count: int


@dataclass(frozen=True)
class Place:
    """A picture on the map, and the topic of its pair."""

    x: float
    y: float
    topic: int | None


@dataclass(frozen=True)
class Analysed:
    """All that is shown of an analysis; empty where a stage of it was off."""

    distributions: Mapping[str, Sequence[Distribution]]  # by measure
    topics: Sequence[Row]
    overlaps: Sequence[Row]
    terms: Mapping[tuple[str, str], Sequence[str]]  # kind and source -> the most frequent
    balance: Mapping[str, Sequence[tuple[float, float]]]  # by sampling: rank, pairs
    places: Sequence[Place]
    sources: Mapping[str, Sequence[Row]]  # by kind: domain, licence
    reasons: Sequence[Row]
    dropped: Mapping[Drop, Sequence[Row]]  # examples
    kept: Mapping[tuple[str, str], Sequence[Row]]  # by stage and kind: examples beside them
    pairs: Mapping[str, Sequence[Row]]  # by role: best, median, worst
    pictures: Mapping[str, bytes]  # by key


def analysed(table: Tables) -> Analysed:
    """Gather what there is in the tables of an analysis."""
    pictures = {row["key"]: row for row in _rows(table("pictures"))}
    examples = _rows(table("drop_examples"))
    return Analysed(
        distributions=_distributions(table),
        topics=_rows(table("topics")),
        overlaps=_rows(table("overlaps")),
        terms=_terms(_rows(table("terms"))),
        balance=_balance(_rows(table(BALANCE))),
        places=_places(table),
        sources=_by(_rows(table("sources")), "kind"),
        reasons=_reasons(_rows(table("drop_reasons"))),
        dropped=_examples(examples, False, ("stage", "kind", "reason"), MOST_EXAMPLES),
        kept=_examples(examples, True, ("stage", "kind"), MOST_KEPT),
        pairs=_pairs(_rows(table("examples")), pictures),
        pictures={key: row["picture"] for key, row in pictures.items() if row["picture"]},
    )


def _rows(table: pa.Table | None) -> list[Row]:
    return [] if table is None else list(table.to_pylist())


def _by(rows: Iterable[Row], name: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[name]].append(row)
    return dict(groups)


def _distributions(table: Tables) -> dict[str, list[Distribution]]:
    measured = {(row["measure"], row["source"]): row for row in _rows(table("measures"))}
    bins = _by(_rows(table("histograms")), "measure")
    return {
        measure: [
            _distribution(source, some, measured.get((measure, source)))
            for source, some in _by(rows, "source").items()
        ]
        for measure, rows in bins.items()
    }


def _distribution(source: str, bins: list[Row], measured: Row | None) -> Distribution:
    ordered = sorted((row["low"], row["high"], float(row["count"])) for row in bins)
    count = int(sum(number for _, _, number in ordered))
    middle = measured["median"] if measured else _middle(ordered)
    return Distribution(source, tuple(ordered), float(middle or 0.0), count)


def _middle(bins: Sequence[tuple[float, float, float]]) -> float:
    rest = sum(count for _, _, count in bins) / 2
    for low, high, count in bins:
        if rest <= count:
            return (low + high) / 2
        rest -= count
    return 0.0


def of_values(source: str, values: Sequence[float], wanted: int = 40) -> Distribution:
    """Count values in about so many bins of round width."""
    if not values:
        return Distribution(source, (), 0.0, 0)
    step = round_step((max(values) - min(values) or abs(max(values)) or 1.0) / wanted)
    counts: dict[int, int] = defaultdict(int)
    for value in values:
        counts[math.floor(value / step + 1e-9)] += 1
    places = range(min(counts), max(counts) + 1)
    bins = tuple((place * step, (place + 1) * step, float(counts[place])) for place in places)
    return Distribution(source, bins, float(median(values)), len(values))


def _terms(rows: Iterable[Row]) -> dict[tuple[str, str], list[str]]:
    terms: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        terms[row["kind"], row["source"]].append(row)
    return {
        name: [row["term"] for row in sorted(some, key=lambda row: -row["count"])[:MOST_TERMS]]
        for name, some in terms.items()
    }


def _balance(rows: Iterable[Row]) -> dict[str, list[tuple[float, float]]]:
    return {
        sampling: sorted((float(row["rank"]), float(row["pairs"])) for row in some)
        for sampling, some in _by(rows, "sampling").items()
    }


def _places(table: Tables) -> list[Place]:
    topics = {row["key"]: row["topic"] for row in _rows(table("topic_pairs"))}
    rows = sorted(_rows(table("map")), key=lambda row: str(row["key"]))
    step = max(1, math.ceil(len(rows) / MOST_DOTS))
    return [Place(row["x"], row["y"], topics.get(row["key"])) for row in rows[::step]]


def _reasons(rows: Iterable[Row]) -> list[Row]:
    """Add up what several runs dropped in a stage for a reason, in the order of stages."""
    totals: dict[Drop, Row] = {}
    for row in rows:
        known = totals.setdefault((row["stage"], row["kind"], row["reason"]), {**row, "count": 0})
        known["count"] += row["count"]
    stages = list(dict.fromkeys(stage for stage, _, _ in totals))
    return sorted(totals.values(), key=lambda row: (stages.index(row["stage"]), -row["count"]))


def _examples(
    rows: Iterable[Row], kept: bool, names: Sequence[str], most: int
) -> dict[Any, list[Row]]:
    """Give examples of what was kept or dropped by what they are of, none twice."""
    examples: dict[Any, dict[str, Row]] = {}
    for row in rows:
        if bool(row["kept"]) == kept:
            mine = examples.setdefault(tuple(row[name] for name in names), {})
            if len(mine) < most:
                mine.setdefault(row["id"], row)
    return {of: list(mine.values()) for of, mine in examples.items()}


def _pairs(rows: Iterable[Row], pictures: Mapping[str, Row]) -> dict[str, list[Row]]:
    by_role = _by(sorted(rows, key=lambda row: int(row["rank"])), "role")
    return {
        role: [pictures[row["key"]] for row in by_role.get(role, ()) if row["key"] in pictures]
        for role in ROLES
    }
