"""Sum up what the shards measured: histograms, terms, sources, balance, and the pairs to show."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from heapq import nlargest, nsmallest
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.analyze import balance_curve, histogram, schemas, source_sums
from realsyn_tasks.analyze.embed_pairs import UNSCORED
from realsyn_tasks.analyze.histogram import Histograms
from realsyn_tasks.analyze.sources import SOURCES
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.vectors.sizes import Sizes

Row = dict[str, Any]
Scored = tuple[float, str]  # score, key


class Config(StageConfig):
    """How much is named."""

    terms: int = Field(default=50, ge=1)  # of each kind and source
    names: int = Field(default=200, ge=1)  # domains and licences
    reasons: int = Field(default=5, ge=1)  # of each of them
    examples: int = Field(default=12, ge=1)  # best, median and worst pairs
    ranks: int = Field(default=256, ge=2)  # points of a curve


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Sum up; memory: of each bin, term and cluster, and two numbers for each drawn pair.

    Of domains and licences as many are held as source_sums says.
    """
    histograms = _histograms(inputs)
    terms, overlaps = _terms(inputs, config.terms)
    return Output(
        tables={
            "histograms": histograms.table(),
            "measures": histograms.measures(),
            "terms": terms,
            "overlaps": overlaps,
            "balance": _balance(inputs, config.ranks, context.seed),
            "sources": _sources(inputs, config),
            "examples": _examples(inputs, config.examples),
        }
    )


def _histograms(inputs: Inputs) -> Histograms:
    """Add the shards' histograms up, and those of scores that were worked out for the sample."""
    histograms = Histograms()
    for _, table in inputs.stream("measure_pairs", "histograms"):
        histograms.add_table(table)
    for _, table in inputs.stream("embed_pairs", "similarities"):
        _add_scores(histograms, histogram.SIMILARITY, table, UNSCORED)
    for _, table in inputs.stream("score_perplexity", "perplexities"):
        _add_scores(histograms, histogram.PERPLEXITY, table, SOURCES)
    return histograms


def _add_scores(
    histograms: Histograms, measure: str, table: pa.Table, wanted: tuple[str, ...]
) -> None:
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for source, score in zip(table["source"].to_pylist(), table["score"].to_pylist(), strict=True):
        scores[source].append(score)
    for source in wanted:
        if scores[source]:
            histograms.add(measure, source, scores[source])


def _terms(inputs: Inputs, most: int) -> tuple[pa.Table, pa.Table]:
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for _, table in inputs.stream("count_terms", "terms"):
        for row in table.to_pylist():
            counts[row["kind"], row["source"]][row["term"]] += row["count"]
    texts: Counter[str] = Counter()
    for _, table in inputs.stream("count_terms", "texts"):
        texts.update({row["source"]: row["texts"] for row in table.to_pylist()})
    frequent = [
        {"kind": kind, "source": source, "term": term, "count": count}
        for (kind, source), mine in sorted(counts.items())
        for term, count in sorted(mine.items(), key=lambda item: (-item[1], item[0]))[:most]
    ]
    unique = {place: frozenset(mine) for place, mine in counts.items()}
    return (
        tables.from_rows(schemas.TERM_COUNTS, frequent),
        tables.from_rows(schemas.OVERLAPS, _overlaps(unique, texts)),
    )


def _overlaps(unique: dict[tuple[str, str], frozenset[str]], texts: Counter[str]) -> Iterator[Row]:
    for kind in sorted({kind for kind, _ in unique}):
        for left, right in combinations_with_replacement(SOURCES, 2):
            mine = unique.get((kind, left), frozenset())
            theirs = unique.get((kind, right), frozenset())
            yield {
                "kind": kind,
                "left": left,
                "right": right,
                "texts": texts[left],
                "only_left": len(mine - theirs),
                "both": len(mine & theirs),
                "only_right": len(theirs - mine),
            }


def _balance(inputs: Inputs, ranks: int, seed: int) -> pa.Table:
    sizes = Sizes()
    for _, table in inputs.stream("measure_pairs", "clusters"):
        sizes.add(table["cluster_id"].to_numpy(), table["pairs"].to_numpy())
    before = np.zeros(0, dtype=np.int64)
    if inputs.has("gather_drops"):
        before = inputs.table("gather_drops", "sizes")["size"].to_numpy()
    rows = balance_curve.curves(sizes.known(), before, ranks, seed)
    return tables.from_rows(schemas.BALANCE, rows)


def _sources(inputs: Inputs, config: Config) -> pa.Table:
    summed = source_sums.summed(t for _, t in inputs.stream("measure_pairs", "sources"))
    reasons = _reasons(inputs)
    rows: list[Row] = []
    for kind in ("domain", "licence"):
        for name, numbers in source_sums.rows_of(summed, kind, config.names):
            top = sorted(reasons[kind, name].items(), key=lambda item: (-item[1], item[0]))
            rows.append(_source(kind, name, numbers, top[: config.reasons]))
    return tables.from_rows(schemas.SOURCES, rows)


def _reasons(inputs: Inputs) -> defaultdict[tuple[str, str | None], Counter[str]]:
    reasons: defaultdict[tuple[str, str | None], Counter[str]] = defaultdict(Counter)
    if inputs.has("gather_drops"):
        for row in inputs.table("gather_drops", "sources").to_pylist():
            reasons[row["kind"], row["name"]][row["reason"]] += row["count"]
    return reasons


def _source(kind: str, name: str | None, sums: list[float], reasons: list[tuple[str, int]]) -> Row:
    pairs, score, scored, synthetic, written = sums
    return {
        "kind": kind,
        "name": name,
        "pairs": int(pairs),
        "score": round(score / scored, 6) if scored else None,
        "synthetic_score": round(synthetic / written, 6) if written else None,
        "reasons": [{"reason": reason, "count": count} for reason, count in reasons],
    }


def _examples(inputs: Inputs, most: int) -> pa.Table:
    """Choose the best pairs by score, the worst, and those nearest to the sample's median."""
    ends: set[Scored] = set()
    for _, table in inputs.stream("measure_pairs", "extremes"):
        scored = set(_scored(table)) | ends
        ends = {*nlargest(most, scored), *nsmallest(most, scored)}
    drawn = [
        each
        for _, t in inputs.stream("measure_pairs", "drawn", ["key", "score"])
        for each in _scored(t)
    ]
    few = max(1, min(most, len(drawn) // 3))
    middle = float(np.median([score for score, _ in drawn])) if drawn else 0.0
    chosen = {
        "best": nlargest(few, ends),
        "median": nsmallest(few, drawn, key=lambda each: (abs(each[0] - middle), each[1])),
        "worst": nsmallest(few, ends),
    }
    rows = [
        {"role": role, "rank": rank, "key": key, "score": score}
        for role, scored in chosen.items()
        for rank, (score, key) in enumerate(scored, start=1)
    ]
    return tables.from_rows(schemas.EXAMPLES, rows)


def _scored(table: pa.Table) -> Iterator[Scored]:
    for key, score in zip(table["key"].to_pylist(), table["score"].to_pylist(), strict=True):
        if score is not None:
            yield score, key
