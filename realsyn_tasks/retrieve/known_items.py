"""Captions as questions of known answer: where in the corpus does an image find its own?

The caption is hidden from the query, which is the image alone; so this asks of the encoder, and of
the texts that it has to choose among, what no document can whisper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.retrieve.own_texts import Images
from realsyn_tasks.vectors.search import TopK, visit

DEEPEST = 100  # rank; further down counts as not there


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


def captions_of(inputs: Inputs, images: Images) -> Captions:
    """Collect the captions of surveyed images, with the vectors that pool_samples has of them."""
    known = inputs.table("pool_samples", "captions")
    ids, vectors = known["sentence_id"].to_pylist(), tables.vectors_of(known)
    number = {name: place for place, name in enumerate(ids)}
    rows = [row for row, text in enumerate(images.captions) if text]
    numbers = [number[sentence_id(images.captions[row])] for row in rows]
    return Captions(
        np.array(rows, dtype=np.int64),
        np.array(numbers, dtype=np.int64),
        ids,
        vectors.reshape(len(ids), images.vectors.shape[1]),
    )


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


@dataclass(frozen=True, eq=False)
class Outranking:
    """What of the corpus is as near to each surveyed image as its caption."""

    sentences: np.ndarray  # (n,) int64; from DEEPEST on it does not matter how many
    copies: np.ndarray  # (n,) int64: of captions among them

    @staticmethod
    def read(inputs: Inputs, images: int) -> Outranking:
        """Add up what the shards counted."""
        counts = np.zeros((2, images), dtype=np.int64)
        for _, piece in inputs.stream("search_exactly", "outranking"):
            rows = piece["query"].to_numpy()
            for total, name in zip(counts, ("sentences", "copies"), strict=True):
                total[rows] += piece[name].to_numpy()
        return Outranking(*counts)


def known_items(
    images: Images, captions: Captions, nearer: Outranking, sentences: int, copies: int
) -> KnownItems:
    """Rank each image's caption among all sentences and all captions of the sample.

    Of `sentences` in the corpus, `copies` are captions of the sample: no text is met twice.
    """
    best, everyone = TopK(len(images.ids), DEEPEST), np.arange(len(images.ids))
    if len(captions.ids):
        visit(best, everyone, images.vectors, captions.vectors, np.arange(len(captions.ids)))
    found, _ = best.result()
    ranks = np.zeros(len(captions.rows), dtype=np.int64)
    for place, (row, number) in enumerate(zip(captions.rows, captions.numbers, strict=True)):
        before = np.flatnonzero(found[row] == number)
        if len(before) and before[0] + nearer.sentences[row] < DEEPEST:
            ranks[place] = before[0] + nearer.sentences[row] - nearer.copies[row] + 1
    return KnownItems(ranks, sentences + len(captions.ids) - copies)
