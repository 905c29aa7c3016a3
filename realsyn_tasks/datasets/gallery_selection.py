"""Which pairs of a gallery are shown, in which order, and what there is among them.

Columns may lie in files (gallery_index) and are looked at AT_ONCE pairs at a time: memory holds one
byte a pair, which says whether it is chosen, and that many pairs of a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.datasets.gallery_columns import HAS, Known, Values

AT_ONCE = 1 << 20  # pairs
BANDS = 20  # of a histogram
MOST_NAMED = 20  # values of a facet
BANDED = ("score", "relevance", "syn_score")
SORTS = ("score", "relevance", "syn_score", "pixels", "cluster")
Band = tuple[float, float]


@dataclass(frozen=True)
class Filters:
    """What is asked of pairs; what is empty is not asked.

    The values of one field are alternatives, but for `has`: all of it, or with a minus none.
    """

    bands: dict[str, Band] = field(default_factory=dict)  # column -> low and high
    cluster: tuple[int, ...] = ()
    topic: tuple[int, ...] = ()
    domain: tuple[str, ...] = ()
    licence: tuple[str, ...] = ()
    has: tuple[str, ...] = ()


def band(text: str, name: str) -> Band:
    """Read "0.2..0.5", of which either side may be missing; ConfigError for anything else."""
    low, dots, high = text.partition("..")
    try:
        bounds = float(low or "-inf"), float(high or "inf")
    except ValueError:
        dots = ""
    if not dots or bounds[0] > bounds[1]:
        raise ConfigError(f"{name}={text!r} is no band: write LOW..HIGH, such as 0.2..0.5")
    return bounds


def mask_of(known: Known, asked: Filters, topics: Values | None = None) -> Values:
    """Say which pairs are as asked; (n,) bool."""
    codes = {
        "domain": _codes(known.domains, asked.domain),
        "licence": _codes(known.licences, asked.licence),
        "cluster": list(asked.cluster),
        "topic": [] if topics is None else list(asked.topic),
    }
    columns = known.columns if topics is None else {**known.columns, "topic": topics}
    wanted = {name: values for name, values in codes.items() if values}
    mask = np.empty(known.pairs, dtype=bool)
    for span in _spans(known.pairs):
        here = {name: values[span] for name, values in columns.items()}
        mask[span] = _as_asked(here, asked, wanted, len(mask[span]))
    return mask


def _spans(pairs: int) -> Iterator[slice]:
    """Give all pairs, some at a time; of none an empty span."""
    for start in range(0, max(1, pairs), AT_ONCE):
        yield slice(start, min(start + AT_ONCE, pairs))


def _as_asked(
    columns: Mapping[str, Values], asked: Filters, codes: Mapping[str, list[int]], count: int
) -> Values:
    """Say which of some pairs are as asked; `codes` are what columns of names must be one of."""
    mask = np.ones(count, dtype=bool)
    for name, (low, high) in asked.bands.items():
        mask &= (columns[name] >= low) & (columns[name] <= high)
    for name, wanted in codes.items():
        mask &= np.isin(columns[name], wanted)
    for name in asked.has:
        mask &= _has(columns["has"], name)
    return mask


def _codes(names: list[str], values: Sequence[str]) -> list[int]:
    places = {name: place for place, name in enumerate(names)} if values else {}
    return [places.get(value, -2) if value else -1 for value in values]


def _has(bits: Values, name: str) -> Values:
    wanted = name.removeprefix("-")
    if wanted not in HAS:
        raise ConfigError(f"has={name!r}: pairs may have {', '.join(HAS)}; with a minus: have not")
    set_ = (bits >> np.uint8(HAS.index(wanted)) & np.uint8(1)).astype(bool)
    return ~set_ if name.startswith("-") else set_


def ordered(known: Known, rows: Values, sort: str) -> Values:
    """Order rows by a column, ascending or with a minus descending; what has no value comes last.

    Empty: the order of the dataset, which is random. ConfigError for an unknown column.
    """
    if not sort:
        return rows
    return rows[np.argsort(_sorted_by(known.columns[_column(sort)][rows], sort), kind="stable")]


def _column(sort: str) -> str:
    name = sort.removeprefix("-")
    if name not in SORTS:
        raise ConfigError(f"sort={sort!r}: pairs are sorted by {', '.join(SORTS)}; -{SORTS[0]}")
    return name


def _sorted_by(values: Values, sort: str) -> Values:
    """Give numbers that ascend in the order of a sort, those of no value (NaN) at the end."""
    numbers: Values = values.astype(np.float64)
    return -numbers if sort.startswith("-") else numbers


def first_of(known: Known, mask: Values, sort: str, count: int) -> Values:
    """Give the first so many of the chosen rows, as `ordered` would put them."""
    if count > AT_ONCE:  # so far down nobody looks; to sort them all is less work by then
        return ordered(known, np.flatnonzero(mask), sort)[:count]
    return _best(known, mask, sort, count) if sort else _first(mask, count)


def _first(mask: Values, count: int) -> Values:
    """Give the first so many rows that are chosen."""
    rows = np.zeros(0, dtype=np.int64)
    for span in _spans(len(mask)):
        rows = np.concatenate([rows, np.flatnonzero(mask[span]) + span.start])
        if len(rows) >= count:
            break
    return rows[:count]


def _best(known: Known, mask: Values, sort: str, count: int) -> Values:
    """Give the first so many rows in an order; equal ones as they stand."""
    column = known.columns[_column(sort)]
    rows, numbers = np.zeros(0, dtype=np.int64), np.zeros(0)
    for span in _spans(len(mask)):
        places = np.flatnonzero(mask[span])
        mine = _sorted_by(column[span][places], sort)
        if len(rows) == count:  # those before keep their places unless a number is below theirs
            below = ~np.isnan(mine) if np.isnan(numbers[-1]) else mine < numbers[-1]
            places, mine = places[below], mine[below]
        rows, numbers = np.append(rows, places + span.start), np.append(numbers, mine)
        order = np.argsort(numbers, kind="stable")[:count]
        rows, numbers = rows[order], numbers[order]
    return rows


def facets(known: Known, mask: Values, topics: Values | None = None) -> dict[str, Any]:
    """Count what there is among some pairs: bands of scores, and the most frequent of the rest."""
    columns = {name: _Among(values, mask) for name, values in known.columns.items()}
    counted = {name: _bands(columns[name]) for name in BANDED}
    named = {
        "domain": _named(columns["domain"], known.domains),
        "licence": _named(columns["licence"], known.licences),
        "cluster": _numbered(columns["cluster"]),
        "has": _having(columns["has"]),
    }
    topic = {} if topics is None else {"topic": _numbered(_Among(topics, mask))}
    return {**counted, **named, **topic}


@dataclass(frozen=True)
class _Among:
    """The values of a column that are chosen, some at a time."""

    column: Values
    mask: Values

    def __iter__(self) -> Iterator[Values]:
        for span in _spans(len(self.column)):
            yield self.column[span][self.mask[span]]


def _having(bits: _Among) -> dict[str, int]:
    counts = dict.fromkeys(HAS, 0)
    for values in bits:
        for name in HAS:
            counts[name] += int(_has(values, name).sum())
    return counts


def _bands(chosen: _Among) -> dict[str, Any]:
    """Count values by bands of one width; those that are none apart."""
    ends, count, none = [], 0, 0
    for values in chosen:
        real = values[~np.isnan(values)]
        count, none = count + len(real), none + len(values) - len(real)
        ends += [real.min(), real.max()] if len(real) else []
    if not count:
        return {"low": 0.0, "high": 0.0, "counts": [], "none": none}
    low = float(np.floor(min(ends) * 20) / 20)
    high = max(float(np.ceil(max(ends) * 20) / 20), low + 0.05)
    parts = [_in_bands(values[~np.isnan(values)], low, high) for values in chosen]
    counts = np.sum(parts, axis=0)
    return {"low": low, "high": high, "counts": counts.tolist(), "none": none}


def _in_bands(real: Values, low: float, high: float) -> Values:
    places = ((real - low) * (BANDS / (high - low))).astype(np.int64).clip(0, BANDS - 1)
    return np.bincount(places, minlength=BANDS)


def _named(codes: _Among, names: list[str]) -> list[dict[str, Any]]:
    """Count the most frequent names; "" stands for none."""
    return [
        {"value": names[code] if code >= 0 else "", "pairs": pairs} for code, pairs in _most(codes)
    ]


def _numbered(codes: _Among) -> list[dict[str, Any]]:
    return [{"value": code, "pairs": pairs} for code, pairs in _most(codes) if code >= 0]


def _most(codes: _Among) -> list[tuple[int, int]]:
    """Give the most frequent codes (-1 and up) with their counts, the most frequent first."""
    counts = np.zeros(int(codes.column.max(initial=-1)) + 2, dtype=np.int64)
    for values in codes:
        np.add.at(counts, values.astype(np.int64) + 1, 1)
    order = np.argsort(-counts, kind="stable")[:MOST_NAMED]
    return [(int(place) - 1, int(counts[place])) for place in order if counts[place]]
