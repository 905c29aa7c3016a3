"""Merge each image's candidates into its realistic texts, text1 being the best (paper §4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, islice
from typing import Any

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig


class Config(StageConfig):
    """How many texts an image gets, and when two texts count as the same.

    Unstated in the paper: texts sharing this share of their words are near-identical; the better
    one is kept and the next best moves up. Of all candidates of an image only the most similar are
    looked at, no more than search_lists gives from one partition: else a hub's fate would depend
    on the number of partitions.
    """

    texts: int = 3
    candidates: int = Field(default=12, ge=3)
    max_word_overlap: float = 0.8
    min_score: float = -1.0


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give up to three distinct texts per image of the shard; images without one are dropped.

    Scores after the penalty for hubs decide which texts are taken; text1 is the most similar of
    them all the same.
    """
    images = inputs.table("corpus", "images", ["image_id"])["image_id"].to_pylist()
    found = inputs.table("search_lists", "candidates").drop_columns([tables.PARTITION]).to_pylist()
    found.sort(key=lambda row: (row["image_id"], -row["score"], row["sentence_id"]))
    matches: list[dict[str, Any]] = []
    matched = set()
    for image, candidates in groupby(found, key=lambda row: row["image_id"]):
        similar = list(islice(candidates, config.candidates))
        similar.sort(key=lambda row: (-row["adjusted"], row["sentence_id"]))
        kept = _distinct(similar, config)
        kept.sort(key=lambda row: (-row["score"], row["sentence_id"]))
        matches.extend({**row, "rank": rank} for rank, row in enumerate(kept, start=1))
        matched |= {image} if kept else set()
    return Output(
        tables={"matches": tables.from_rows(tables.MATCHES, matches, ["image_id", "rank"])},
        dropped=[Dropped("image", image, "no_match") for image in images if image not in matched],
    )


def _distinct(candidates: Iterable[dict[str, Any]], config: Config) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    bags: list[set[str]] = []
    for row in candidates:
        words = set(row["text"].lower().split())
        near = any(_overlap(words, bag) >= config.max_word_overlap for bag in bags)
        if row["score"] >= config.min_score and not near and len(kept) < config.texts:
            kept.append(row)
            bags.append(words)
    return kept


def _overlap(a: set[str], b: set[str]) -> float:
    return len(a & b) / max(len(a | b), 1)
