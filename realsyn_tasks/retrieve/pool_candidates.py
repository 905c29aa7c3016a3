"""Pool what the partitions of lists found for each image, and line up what may be its texts.

From here on nothing tells in which partition a sentence was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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

    Pieces are those of partitions in any order. Memory: `held_rows` or twice the answer, what
    `Bounds` says, and a piece twice.
    """
    best, held, bounds = schemas.CANDIDATES.empty_table(), [], Bounds(most)
    for piece in pieces:
        held.append(piece.filter(pa.array(bounds.reached_by(piece))))
        if sum(table.num_rows for table in held) > max(held_rows, best.num_rows):
            best, held = _ranked([best, *held], most), []
    return _ranked([best, *held], most).drop_columns([tables.PARTITION])


class Bounds:
    """The `most` best scores of each image so far: a candidate below them can be passed over.

    Every partition that an image visits gives it `most` candidates, and few of them stay. The
    others are neither moved nor sorted. Memory: 4 bytes a score, and the images' ids.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._images = pa.chunked_array([], type=pa.string())
        self._scores = np.empty((0, most), dtype=np.float32)  # of each image the least comes first

    def reached_by(self, piece: pa.Table) -> np.ndarray:
        """Say which candidates are not below `most` others that were here before; (n,) bool."""
        codes, scores = self._codes(piece["image_id"]), piece["score"].to_numpy()
        reached: np.ndarray = scores >= self._scores[codes, 0]  # ties are for the sentence's id
        self._add(codes[reached], scores[reached])
        return reached

    def _codes(self, images: pa.ChunkedArray) -> np.ndarray:
        """Number images by their rows here, with new ones for those that are unknown."""
        codes = pc.index_in(images, value_set=self._images)
        if codes.null_count:
            fresh = images.filter(codes.is_null()).unique()
            self._images = pa.chunked_array([*self._images.chunks, fresh])
            none = np.full((len(fresh), self._most), -np.inf, dtype=np.float32)
            self._scores = np.concatenate([self._scores, none])
            codes = pc.index_in(images, value_set=self._images)
        numbers: np.ndarray = codes.to_numpy()
        return numbers

    def _add(self, codes: np.ndarray, scores: np.ndarray) -> None:
        """Take in scores: each image's stand together, best first.

        Of those in another order some may be missed: then a bound is lower than it could be.
        """
        slots = positions(codes) - 1
        first, few = slots == 0, slots < self._most
        images, runs = codes[first], np.cumsum(first) - 1
        both = np.full((len(images), 2 * self._most), -np.inf, dtype=np.float32)
        both[:, : self._most] = self._scores[images]
        both[runs[few], self._most + slots[few]] = scores[few]
        self._scores[images] = np.partition(both, self._most, axis=1)[:, self._most :]


def _ranked(pieces: list[pa.Table], most: int) -> pa.Table:
    candidates = pa.concat_tables(pieces)
    images = _places(candidates["image_id"])
    keys = candidates.select(["score", "sentence_id"]).append_column("image", [images])
    order = chunks.order_of(keys, ["image", ("score", "descending"), "sentence_id"]).to_numpy()
    ranks = positions(images[order])
    near = ranks <= most
    place = candidates.schema.get_field_index("rank")
    numbers = pa.array(ranks[near].astype(np.int32))
    ranked = chunks.taken(candidates, order[near].astype(np.int64))
    return ranked.set_column(place, candidates.field(place), numbers)


def _places(names: pa.ChunkedArray) -> np.ndarray:
    """Give the place of each name among the distinct ones: sorted faster than they are; (n,)."""
    codes, distinct_names = chunks.coded(names)
    places = pc.rank(pa.array(distinct_names, pa.string())).to_numpy().astype(np.int64)
    named: np.ndarray = places[codes]
    return named


def own_captions(images: pa.Table) -> dict[str, set[str]]:
    """Give the letters of each image's own caption and alt text, whatever the filters say."""
    return {
        row["image_id"]: {letters(row[name] or "") for name in CAPTIONS}
        for row in images.select(["image_id", *CAPTIONS]).to_pylist()
    }


def _choices(rows: Iterable[Row], own: Mapping[str, set[str]], config: Config) -> Iterable[int]:
    for image, candidates in groupby(rows, key=itemgetter("image_id")):
        some, said = list(candidates), own.get(image, ())
        others = [row for row in some if not said or letters(row["text"]) not in said]
        order = {row["sentence_id"]: n for n, row in enumerate(distinct(others, config), start=1)}
        yield from (order.get(row["sentence_id"], 0) for row in some)


def distinct(candidates: Iterable[Row], config: Config) -> list[Row]:
    """Give the texts that are no near-copies of a better one, best first."""
    kept: list[Row] = []
    bags: list[set[str]] = []
    for row in sorted(candidates, key=lambda row: _order(row, config)):
        words = set(row["text"].lower().split())
        near = _is_near(words, bags, config.max_word_overlap)
        if row["score"] >= config.min_score and not near:
            kept.append(row)
            bags.append(words)
    return kept


def _order(row: Row, config: Config) -> tuple[bool, float, str]:
    behind = config.anaphoric_last and bool(row["anaphoric"])
    return behind, -row["adjusted"], row["sentence_id"]


def _is_near(words: set[str], bags: Iterable[set[str]], overlap: float) -> bool:
    """Say whether words share so much with one of some bags; in one loop, being asked so often."""
    size = len(words)
    for bag in bags:
        common = len(words & bag)
        if common / max(size + len(bag) - common, 1) >= overlap:
            return True
    return False
