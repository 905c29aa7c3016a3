"""Which pairs of a gallery are shown, in which order, and what there is among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.datasets.gallery_columns import HAS, Known, Values

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
    columns = known.columns
    mask = np.ones(known.pairs, dtype=bool)
    for name, (low, high) in asked.bands.items():
        mask &= (columns[name] >= low) & (columns[name] <= high)
    if asked.cluster:
        mask &= np.isin(columns["cluster"], asked.cluster)
    if asked.topic and topics is not None:
        mask &= np.isin(topics, asked.topic)
    for name, names, values in (
        ("domain", known.domains, asked.domain),
        ("licence", known.licences, asked.licence),
    ):
        if values:
            mask &= np.isin(columns[name], _codes(names, values))
    for name in asked.has:
        mask &= _has(columns["has"], name)
    return mask


def _codes(names: list[str], values: Iterable[str]) -> list[int]:
    places = {name: place for place, name in enumerate(names)}
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
    name = sort.removeprefix("-")
    if name not in SORTS:
        raise ConfigError(f"sort={sort!r}: pairs are sorted by {', '.join(SORTS)}; -{SORTS[0]}")
    values = known.columns[name][rows].astype(np.float64)
    return rows[np.argsort(-values if sort.startswith("-") else values, kind="stable")]


def facets(known: Known, mask: Values, topics: Values | None = None) -> dict[str, Any]:
    """Count what there is among some pairs: bands of scores, and the most frequent of the rest."""
    columns = {name: values[mask] for name, values in known.columns.items() if name in _COUNTED}
    counted = {name: _bands(columns[name]) for name in BANDED}
    named = {
        "domain": _named(columns["domain"], known.domains),
        "licence": _named(columns["licence"], known.licences),
        "cluster": _numbered(columns["cluster"]),
        "has": {name: int(_has(columns["has"], name).sum()) for name in HAS},
    }
    topic = {} if topics is None else {"topic": _numbered(topics[mask])}
    return {**counted, **named, **topic}


_COUNTED = (*BANDED, "domain", "licence", "cluster", "has")


def _bands(values: Values) -> dict[str, Any]:
    """Count values by bands of one width; those that are none apart."""
    real = values[~np.isnan(values)]
    if not len(real):
        return {"low": 0.0, "high": 0.0, "counts": [], "none": len(values)}
    low = float(np.floor(real.min() * 20) / 20)
    high = max(float(np.ceil(real.max() * 20) / 20), low + 0.05)
    places = ((real - low) * (BANDS / (high - low))).astype(np.int64).clip(0, BANDS - 1)
    counts = np.bincount(places, minlength=BANDS).tolist()
    return {"low": low, "high": high, "counts": counts, "none": len(values) - len(real)}


def _named(codes: Values, names: list[str]) -> list[dict[str, Any]]:
    """Count the most frequent names; "" stands for none."""
    return [
        {"value": names[code] if code >= 0 else "", "pairs": pairs} for code, pairs in _most(codes)
    ]


def _numbered(codes: Values) -> list[dict[str, Any]]:
    return [{"value": code, "pairs": pairs} for code, pairs in _most(codes) if code >= 0]


def _most(codes: Values) -> list[tuple[int, int]]:
    """Give the most frequent codes (-1 and up) with their counts, the most frequent first."""
    if not len(codes):
        return []
    counts = np.bincount(codes.astype(np.int64) + 1)
    order = np.argsort(-counts, kind="stable")[:MOST_NAMED]
    return [(int(place) - 1, int(counts[place])) for place in order if counts[place]]
