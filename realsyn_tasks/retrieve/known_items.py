"""Captions as questions of known answer: where in the corpus does an image find its own?

The caption is hidden from the query, which is the image alone; so this asks of the encoder, and of
the texts that it has to choose among, what no document can whisper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.stage import Context, Inputs
from realsyn_tasks.retrieve.own_texts import Images, strings
from realsyn_tasks.vectors.search import TopK, visit

DEEPEST = 100  # rank; further down counts as not there
BATCH = 256  # captions embedded at once


@dataclass(frozen=True, eq=False)
class Captions:
    """The different captions of some images, in order of id."""

    rows: np.ndarray  # (m,) int64: images that have one
    numbers: np.ndarray  # (m,) int64: which of the captions it is
    ids: list[str]
    vectors: np.ndarray  # (captions, d) float32

    @property
    def queries(self) -> np.ndarray:
        """Give each image's caption as a query; (m, d)."""
        queries: np.ndarray = self.vectors[self.numbers]
        return queries


def captions_of(inputs: Inputs, images: Images, context: Context) -> Captions:
    """Collect the captions, with the vectors that embed_queries made, or else with new ones."""
    texts = {sentence_id(text): text for text in images.captions if text}
    ids = sorted(texts)
    known = _known_vectors(inputs, ids) if inputs.has("embed_queries") else {}
    known |= _new_vectors({n: text for n, text in texts.items() if n not in known}, context)
    number = {name: place for place, name in enumerate(ids)}
    rows = [row for row, text in enumerate(images.captions) if text]
    return Captions(
        np.array(rows, dtype=np.int64),
        np.array([number[sentence_id(images.captions[row])] for row in rows], dtype=np.int64),
        ids,
        np.array([known[n] for n in ids], np.float32).reshape(len(ids), images.vectors.shape[1]),
    )


def _new_vectors(texts: Mapping[str, str], context: Context) -> dict[str, np.ndarray]:
    """Embed texts, by id, as the corpus's texts are embedded and stored."""
    vectors: dict[str, np.ndarray] = {}
    names = sorted(texts)
    for start in range(0, len(names), BATCH):
        some = names[start : start + BATCH]
        made = context.model("encoder").encode_texts([texts[name] for name in some])
        stored = np.asarray(made, dtype=np.float16).astype(np.float32)
        vectors |= dict(zip(some, stored, strict=True))
    return vectors


def _known_vectors(inputs: Inputs, ids: list[str]) -> dict[str, np.ndarray]:
    vectors: dict[str, np.ndarray] = {}
    wanted = strings(ids)
    for _, table in inputs.stream("embed_queries", "captions", ["sentence_id", "embedding"]):
        mine = table.filter(pc.is_in(table["sentence_id"], value_set=wanted))
        vectors |= dict(zip(mine["sentence_id"].to_pylist(), tables.vectors_of(mine), strict=True))
    return vectors


@dataclass(frozen=True)
class KnownItems:
    """How near the top images find their own captions."""

    ranks: np.ndarray  # (m,) int64 from 1; 0: not among the first DEEPEST
    texts: int  # that they were to be found among

    def hits(self, most: int) -> np.ndarray:
        """Say of each question whether the answer is among the first so many; (m,) float64."""
        hits: np.ndarray = ((self.ranks > 0) & (self.ranks <= most)).astype(np.float64)
        return hits

    @property
    def reciprocal(self) -> np.ndarray:
        """Give the reciprocal ranks, 0 for what is not there; (m,) float64."""
        return np.where(self.ranks > 0, 1 / np.maximum(self.ranks, 1), 0.0)


def known_items(
    images: Images, captions: Captions, best: TopK, copies: Mapping[int, int], sentences: int
) -> KnownItems:
    """Rank each image's caption among all sentences and all captions of the sample.

    `best` are the best DEEPEST sentences of each image, by row of the corpus; `copies` says which
    of the sentences is which caption, so that no text is met twice.
    """
    both = TopK(len(images.ids), DEEPEST)
    both.merge(best)
    everyone = np.arange(len(images.ids))
    if len(captions.ids):
        places = np.arange(sentences, sentences + len(captions.ids))
        visit(both, everyone, images.vectors, captions.vectors, places)
    found, _ = both.result()
    ranks = [
        _rank(found[row], sentences + number, copies)
        for row, number in zip(captions.rows, captions.numbers, strict=True)
    ]
    texts = sentences + len(captions.ids) - len(copies)
    return KnownItems(np.array(ranks, dtype=np.int64), texts)


def _rank(found: np.ndarray, own: int, copies: Mapping[int, int]) -> int:
    """Give the rank of a row, not counting copies of captions among the sentences."""
    different = [row for row in found.tolist() if row >= 0 and row not in copies]
    return different.index(own) + 1 if own in different else 0
