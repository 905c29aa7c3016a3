"""Pool what the partitions of lists found for each image, and line up what may be its texts.

From here on nothing tells in which partition a sentence was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.limits import positions
from realsyn_tasks.retrieve.own_words import CAPTIONS, letters
from realsyn_tasks.retrieve.sampled import of_samples
from realsyn_tasks.vectors.hash_order import hash_order

Row = dict[str, Any]
HELD_ROWS = 100_000  # candidates that wait to be ranked
_OF_CHOICE = ["image_id", "sentence_id", "text", "anaphoric", "score", "adjusted"]


class Config(StageConfig):
    """How many sentences compete to be a text of an image, and when two count as the same.

    No more candidates than search_lists gives from one partition: else what an image gets would
    depend on the number of partitions. Unstated in the paper: texts sharing this share of their
    words are near-identical; the better one is kept and the next best moves up.
    """

    candidates: int = Field(default=12, ge=3)
    max_word_overlap: float = Field(default=0.8, gt=0, le=1)
    min_score: float = Field(default=-1.0, ge=-1, le=1)
    anaphoric_last: bool = True  # texts that begin with a pronoun for something in another one
    own_captions: bool = False  # may an image's own caption or alt text be a text of it?


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the best candidates of each image of the shard, ranked from 1 by similarity.

    Those of sampled images are handed on once more, apart from the others.

    `choice` numbers those that differ from one another, best first after the penalty for hubs;
    it is 0 for near-copies of a better one, and for the image's own caption.
    """
    pieces = (piece for _, piece in inputs.stream("search_lists", "candidates"))
    best = nearest_of(pieces, config.candidates)
    columns = {name: best[name] for name in best.column_names}
    images = inputs.table("corpus", "images", ["image_id", *CAPTIONS])
    own = {} if config.own_captions else own_captions(images)
    columns["choice"] = list(_choices(best.select(_OF_CHOICE).to_pylist(), own, config))
    columns |= {name: pa.nulls(best.num_rows) for name in ("rerank", "relevance")}
    columns["key"] = hash_order(best["sentence_id"].to_pylist(), seed=0)
    pool = tables.build(schemas.POOL, columns)
    return Output(tables={"candidates": pool, "sampled": of_samples(inputs, pool)})


def nearest_of(pieces: Iterable[pa.Table], most: int, held_rows: int = HELD_ROWS) -> pa.Table:
    """Give the `most` best candidates of each image, in order of image and rank.

    Pieces are those of partitions in any order. Memory: `held_rows` or twice the answer, and a
    piece.
    """
    best, held = schemas.CANDIDATES.empty_table(), []
    for piece in pieces:
        held.append(piece)
        if sum(table.num_rows for table in held) > max(held_rows, best.num_rows):
            best, held = _ranked([best, *held], most), []
    return _ranked([best, *held], most).drop_columns([tables.PARTITION])


def _ranked(pieces: list[pa.Table], most: int) -> pa.Table:
    candidates = pa.concat_tables(pieces)
    candidates = tables.ordered(candidates, ["image_id", ("score", "descending"), "sentence_id"])
    ranks = positions(chunks.codes_of(candidates["image_id"]))
    near = ranks <= most
    place = candidates.schema.get_field_index("rank")
    ranked = candidates.set_column(place, candidates.field(place), pa.array(ranks.astype(np.int32)))
    return ranked.filter(pa.array(near))


def own_captions(images: pa.Table) -> dict[str, set[str]]:
    """Give the letters of each image's own caption and alt text, whatever the filters say."""
    return {
        row["image_id"]: {letters(row[name] or "") for name in CAPTIONS}
        for row in images.select(["image_id", *CAPTIONS]).to_pylist()
    }


def _choices(rows: Iterable[Row], own: Mapping[str, set[str]], config: Config) -> Iterable[int]:
    for image, candidates in groupby(rows, key=lambda row: row["image_id"]):
        some = list(candidates)
        others = [row for row in some if letters(row["text"]) not in own.get(image, ())]
        order = {row["sentence_id"]: n for n, row in enumerate(distinct(others, config), start=1)}
        yield from (order.get(row["sentence_id"], 0) for row in some)


def distinct(candidates: Iterable[Row], config: Config) -> list[Row]:
    """Give the texts that are no near-copies of a better one, best first."""
    kept: list[Row] = []
    bags: list[set[str]] = []
    for row in sorted(candidates, key=lambda row: _order(row, config)):
        words = set(row["text"].lower().split())
        near = any(_overlap(words, bag) >= config.max_word_overlap for bag in bags)
        if row["score"] >= config.min_score and not near:
            kept.append(row)
            bags.append(words)
    return kept


def _order(row: Row, config: Config) -> tuple[bool, float, str]:
    behind = config.anaphoric_last and bool(row["anaphoric"])
    return behind, -row["adjusted"], row["sentence_id"]


def _overlap(a: set[str], b: set[str]) -> float:
    common = len(a & b)
    return common / max(len(a) + len(b) - common, 1)
