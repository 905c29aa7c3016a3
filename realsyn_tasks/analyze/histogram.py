"""Histograms that add up: bins are the same everywhere, so those of shards are those of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from realsyn_tasks.analyze import schemas
from realsyn_tasks.core import tables

SIMILARITY, TOKENS, WORDS, DENSITY, PERPLEXITY = (
    *("similarity", "tokens", "words"),
    *("density", "perplexity"),
)


@dataclass(frozen=True)
class Bins:
    """Bins of one width; of `octaves`, that many bins for each doubling of the value.

    `last` is the bin of the largest value that there can be, which lies on its upper bound. A
    `whole` measure has whole numbers, one bin each.
    """

    width: float = 1.0
    octaves: int = 0
    last: int | None = None
    whole: bool = False

    def number(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give the number of the bin of each value; (n,)."""
        doublings = np.log2(np.maximum(values, 1.0)) * self.octaves
        exact = doublings if self.octaves else values / self.width
        numbers: NDArray[np.int64] = np.floor(exact + 1e-9).astype(np.int64)
        return numbers if self.last is None else np.minimum(numbers, self.last)

    def low(self, number: int) -> float:
        """Give the lower bound of a bin."""
        exact = 2.0 ** (number / self.octaves) if self.octaves else number * self.width
        return round(exact, 6)


BINS = {
    SIMILARITY: Bins(0.01),
    TOKENS: Bins(whole=True),
    WORDS: Bins(whole=True),
    DENSITY: Bins(0.02, last=49),
    PERPLEXITY: Bins(octaves=8),
}
QUANTILES = {"median": 0.5, "low": 0.05, "high": 0.95}


@dataclass
class Histograms:
    """The histograms of all measures and sources; memory: of each bin that is not empty."""

    counts: dict[tuple[str, str, float], list[float]] = field(default_factory=dict)

    def add(self, measure: str, source: str, values: Iterable[float]) -> None:
        """Count values; what is no number counts nowhere."""
        given = np.asarray(list(values), dtype=np.float64)
        known = given[np.isfinite(given)]
        numbers, inverse = np.unique(BINS[measure].number(known), return_inverse=True)
        counts = np.bincount(inverse, minlength=len(numbers))
        totals = np.bincount(inverse, weights=known, minlength=len(numbers))
        for number, count, total in zip(numbers, counts, totals, strict=True):
            self._add((measure, source, BINS[measure].low(int(number))), float(count), total)

    def add_table(self, table: pa.Table) -> None:
        """Add the histograms of a shard."""
        for row in table.to_pylist():
            self._add((row["measure"], row["source"], row["low"]), row["count"], row["total"])

    def _add(self, place: tuple[str, str, float], count: float, total: float) -> None:
        known = self.counts.setdefault(place, [0.0, 0.0])
        known[0] += count
        known[1] += float(total)

    def table(self) -> pa.Table:
        """Give all bins that are not empty, in order."""
        rows = [
            {
                "measure": measure,
                "source": source,
                "low": low,
                "high": _high(measure, low),
                "count": int(count),
                "total": round(total, 6),
            }
            for (measure, source, low), (count, total) in sorted(self.counts.items())
        ]
        return tables.from_rows(schemas.HISTOGRAMS, rows)

    def measures(self) -> pa.Table:
        """Give mean, median, 5th and 95th percentile of each histogram."""
        return tables.from_rows(schemas.MEASURES, self._measures())

    def _measures(self) -> Iterator[dict[str, Any]]:
        for measure, source in dict.fromkeys(place[:2] for place in sorted(self.counts)):
            places = [p for p in sorted(self.counts) if p[:2] == (measure, source)]
            counts = np.array([self.counts[place][0] for place in places])
            total = sum(self.counts[place][1] for place in places)
            edges = [(place[2], _high(measure, place[2])) for place in places]
            yield {
                "measure": measure,
                "source": source,
                "count": int(counts.sum()),
                "mean": round(total / counts.sum(), 6),
                **{
                    name: _quantile(counts, edges, share, BINS[measure].whole)
                    for name, share in QUANTILES.items()
                },
            }


def _high(measure: str, low: float) -> float:
    bins = BINS[measure]
    return bins.low(int(bins.number(np.array([low + 1e-6]))[0]) + 1)


def _quantile(
    counts: NDArray[Any], edges: list[tuple[float, float]], share: float, whole: bool
) -> float:
    """Give a quantile, as if values lay evenly within their bin; of whole numbers the bin's own."""
    before = np.cumsum(counts) - counts
    wanted = share * counts.sum()
    place = int(np.searchsorted(np.cumsum(counts), wanted))
    low, high = edges[place]
    if whole:
        return low
    return round(float(low + (high - low) * (wanted - before[place]) / counts[place]), 6)
