"""Measure the pairs of a shard: what adds up over all of them, and a seeded sample of their texts.

The sample is drawn by a hash of the picture's id: so it is one sample whatever the shards, a
smaller one is part of it, and versions share what they share. Texts are measured on it: their
lengths in tokens as CLIP counts them and in words, and their density of words (different words /
words, as DanQing).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.analyze import histogram, schemas
from realsyn_tasks.analyze.histogram import Histograms
from realsyn_tasks.analyze.places import place_of
from realsyn_tasks.analyze.sources import (
    ABOUT,
    IN_DOCUMENT,
    RANDOM,
    REALISTIC,
    SOURCES,
    SYNTHETIC,
    about,
    domain_of,
    in_document,
    texts_of,
)
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.text.tokens import count_tokens
from realsyn_tasks.vectors.hash_order import within

WORD = re.compile(r"\w+")
OTHERS = 8  # pairs that are tried for a random text of another page
Row = dict[str, Any]


class Config(StageConfig):
    """How many pairs are looked at closely, and how many are named of a shard."""

    pairs: int = Field(default=1_000_000, ge=1)  # of the sample, about (the paper's)
    names: int = Field(default=2000, ge=1)  # domains and licences of a shard, the largest
    extremes: int = Field(default=12, ge=1)  # best pairs of a shard, and worst ones


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Measure every pair; draw some."""
    total = inputs.source("dataset").reference.pairs
    histograms, sources = Histograms(), Sources()
    rows: list[Row] = []
    pairs = inputs.table("dataset", "pairs", ABOUT)
    for batch in pairs.to_batches(max_chunksize=5000):
        given = batch.to_pylist()
        _count_similarities(histograms, given)
        sources.add(given)
        rows += _drawn(given, config.pairs, total, context.seed)
        context.progress(sources.pairs, pairs.num_rows)
    rows.sort(key=lambda row: (row["place"], row["key"]))
    _give_random_texts(rows)
    _count_texts(histograms, rows)
    return Output(
        tables={
            "drawn": tables.from_rows(schemas.DRAWN, rows),
            "histograms": histograms.table(),
            "sources": sources.table(config.names),
            "clusters": _clusters(pairs["cluster_id"]),
            "extremes": _extremes(pairs, config.extremes),
        },
        counts={"pairs": pairs.num_rows},
    )


def _count_similarities(histograms: Histograms, rows: list[Row]) -> None:
    for number, source in enumerate(REALISTIC):
        scores = [row["realistic_scores"] or [] for row in rows]
        known = [given[number] for given in scores if len(given) > number]
        histograms.add(
            histogram.SIMILARITY, source, [score for score in known if score is not None]
        )
    known = [row["syn_score"] for row in rows if row["syn_score"] is not None]
    histograms.add(histogram.SIMILARITY, SYNTHETIC, known)


def _drawn(rows: list[Row], wanted: int, total: int, seed: int) -> Iterator[Row]:
    places = place_of([row["image_id"] for row in rows], seed)
    for number in np.flatnonzero(within(places, wanted, total)):
        row, place = rows[number], int(places[number])
        yield {
            **about(row),
            **texts_of(row),
            "place": place,
            IN_DOCUMENT: in_document(row, place),
            "realistic_scores": row["realistic_scores"],
            "document_url": row["document_url"],
        }


def _give_random_texts(rows: list[Row]) -> None:
    """Give each pair text1 of the next one of another page: their order is random."""
    for number, row in enumerate(rows):
        after = (rows[(number + step) % len(rows)] for step in range(1, OTHERS + 1))
        others = (o["text1"] for o in after if o["document_url"] != row["document_url"])
        row[RANDOM] = next(others, "")
    for row in rows:
        del row["document_url"]


def _count_texts(histograms: Histograms, rows: list[Row]) -> None:
    for source in SOURCES:
        texts = [row[source] for row in rows if row[source]]
        words = [WORD.findall(text.lower()) for text in texts]
        histograms.add(histogram.TOKENS, source, count_tokens(texts) if texts else [])
        histograms.add(histogram.WORDS, source, map(len, words))
        histograms.add(
            histogram.DENSITY, source, [len(set(some)) / len(some) for some in words if some]
        )


@dataclass
class Sources:
    """Pairs and scores by domain and licence; memory: of each domain of a shard."""

    pairs: int = 0
    sums: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, rows: list[Row]) -> None:
        """Count some published rows."""
        self.pairs += len(rows)
        for row in rows:
            scores = ((row["realistic_scores"] or [None])[0], row["syn_score"])
            for kind, name in (("domain", domain_of(row)), ("licence", row["licence"] or "")):
                self._add(self.sums.setdefault((kind, name), [0.0] * 5), scores)

    @staticmethod
    def _add(sums: list[float], scores: tuple[float | None, float | None]) -> None:
        sums[0] += 1
        for place, score in enumerate(scores):
            if score is not None:
                sums[1 + 2 * place] += score
                sums[2 + 2 * place] += 1

    def table(self, most: int) -> pa.Table:
        """Give the largest of each kind, and all others together."""
        rows = [self._row(*item) for kind in ("domain", "licence") for item in self._of(kind, most)]
        return tables.from_rows(schemas.SOURCE_SUMS, rows)

    def _of(self, kind: str, most: int) -> Iterator[tuple[str, str | None, list[float]]]:
        mine = [(name, sums) for (each, name), sums in self.sums.items() if each == kind]
        mine.sort(key=lambda item: (-item[1][0], item[0]))
        yield from ((kind, name, sums) for name, sums in mine[:most])
        rest = [sums for _, sums in mine[most:]]
        if rest:
            yield kind, None, [sum(column) for column in zip(*rest, strict=True)]

    @staticmethod
    def _row(kind: str, name: str | None, sums: list[float]) -> Row:
        pairs, score, scored, synthetic, written = sums
        return {
            "kind": kind,
            "name": name,
            "pairs": int(pairs),
            "score": round(score, 6),
            "scored": int(scored),
            "synthetic_score": round(synthetic, 6),
            "synthetic_scored": int(written),
        }


def _clusters(column: pa.ChunkedArray) -> pa.Table:
    counts = pc.value_counts(column).to_pylist()
    rows = [{"cluster_id": each["values"], "pairs": each["counts"]} for each in counts]
    known = [row for row in rows if row["cluster_id"] is not None]
    return tables.from_rows(schemas.CLUSTER_PAIRS, known, sort_by=("cluster_id",))


def _extremes(pairs: pa.Table, most: int) -> pa.Table:
    scores = [(given or [None])[0] for given in pairs["realistic_scores"].to_pylist()]
    keys = pairs["key"].to_pylist()
    scored = sorted((s, key) for s, key in zip(scores, keys, strict=True) if s is not None)
    chosen = dict.fromkeys([*scored[:most], *scored[max(0, len(scored) - most) :]])
    return tables.from_rows(schemas.EXTREMES, [{"key": k, "score": s} for s, k in chosen])
