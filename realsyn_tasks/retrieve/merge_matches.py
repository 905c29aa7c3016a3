"""Choose each image's realistic texts among its candidates, text1 being the best (paper §4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig

Row = dict[str, Any]
Hubs = dict[str, tuple[float, str]]  # sentence -> score and id of the last image that may have it


class Config(StageConfig):
    """How many texts an image gets, and when two texts count as the same.

    Unstated in the paper: texts sharing this share of their words are near-identical; the better
    one is kept and the next best moves up.
    """

    texts: int = 3
    max_word_overlap: float = 0.8
    min_score: float = -1.0


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give up to three distinct texts per image of the shard; images without one are dropped.

    Scores after the penalty for hubs decide which texts are taken; text1 is the most similar of
    them all the same.
    """
    images = inputs.table("corpus", "images", ["image_id"])["image_id"].to_pylist()
    found = inputs.table("pool_candidates", "candidates").to_pylist()
    hubs = {
        row["sentence_id"]: (row["last_score"], row["last_image"])
        for row in inputs.table("cap_hubs", "hubs").to_pylist()
    }
    matches: list[Row] = []
    matched, near = set(), {row["image_id"] for row in found}
    for image, candidates in groupby(found, key=lambda row: row["image_id"]):
        free = [row for row in candidates if may_have(row, hubs)]
        free.sort(key=lambda row: (-row["adjusted"], row["sentence_id"]))
        kept = distinct(free, config)
        kept.sort(key=lambda row: (-row["score"], row["sentence_id"]))
        matches.extend({**row, "rank": rank} for rank, row in enumerate(kept, start=1))
        matched |= {image} if kept else set()
    return Output(
        tables={"matches": tables.from_rows(tables.MATCHES, matches, ["image_id", "rank"])},
        dropped=[_unmatched(image, near) for image in images if image not in matched],
    )


def may_have(row: Row, hubs: Hubs) -> bool:
    """Say whether a candidate's sentence has room for its image."""
    if row["sentence_id"] not in hubs:
        return True
    score, image = hubs[row["sentence_id"]]
    return bool((-row["score"], row["image_id"]) <= (-score, image))


def distinct(candidates: Iterable[Row], config: Config) -> list[Row]:
    """Take the first texts that are no near-copies of one taken before."""
    kept: list[Row] = []
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


def _unmatched(image: str, near: set[str]) -> Dropped:
    why = "its candidates are below merge_matches.min_score, or have images enough"
    return Dropped("image", image, "no_match", why if image in near else "no candidate")
