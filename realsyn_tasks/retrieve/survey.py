"""One reading of all texts of the corpus for a sample of images, one shard in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.retrieve.known_items import DEEPEST, Captions
from realsyn_tasks.retrieve.own_texts import TEXT_COLUMNS, Images, Text, strings, texts_of
from realsyn_tasks.retrieve.truth import K
from realsyn_tasks.vectors.search import TopK, visit

SPARE = 9  # texts looked at beyond those wanted: the own caption's sentences are passed over


class Survey:
    """What was seen of the sentences: the nearest ones, and similarities with the images."""

    def __init__(self, images: Images, captions: Captions, firsts: Mapping[str, set[int]]) -> None:
        """Ask for the nearest texts of images and captions, and for `firsts`: id -> rows."""
        self.images, self.captions, self.firsts = images, captions, firsts
        self.by_image = TopK(len(images.ids), DEEPEST)
        self.by_caption = TopK(len(captions.rows), K + SPARE)
        self.sentences = 0
        self.copies: dict[int, int] = {}  # row of a sentence -> number of the caption that it is
        self.own: dict[int, float] = {}  # row of an image -> similarity of its nearest own text
        self.first: dict[int, float] = {}  # row of an image -> similarity of its text1
        self._total = np.zeros(images.vectors.shape[1])

    def read(self, inputs: Inputs) -> None:
        """Read every sentence of the corpus, and the captions that may be answers."""
        for _, table in inputs.stream("corpus", "sentences", [*TEXT_COLUMNS, "embedding"]):
            if table.num_rows:
                self._see(table, tables.vectors_of(table))
            self.sentences += table.num_rows
        if inputs.has("embed_queries"):
            for _, table in inputs.stream(
                "embed_queries", "captions", ["sentence_id", "embedding"]
            ):
                self._see_firsts(table)

    @property
    def random(self) -> np.ndarray:
        """Give each image's mean similarity with all sentences; (n,) float64."""
        mean = self._total / max(1, self.sentences)
        similarities: np.ndarray = self.images.vectors.astype(np.float64) @ mean
        return similarities

    def caption_similarities(self) -> np.ndarray:
        """Give the similarity of each captioned image with its caption; (m,) float64."""
        images = self.images.vectors[self.captions.rows].astype(np.float64)
        products: np.ndarray = images * self.captions.queries.astype(np.float64)
        similarities: np.ndarray = products.sum(axis=1)
        return similarities

    def _see(self, table: pa.Table, vectors: np.ndarray) -> None:
        rows = np.arange(self.sentences, self.sentences + table.num_rows)
        images = self.images.vectors
        visit(self.by_image, np.arange(len(images)), images, vectors, rows)
        if len(self.captions.rows):
            everyone = np.arange(len(self.captions.rows))
            visit(self.by_caption, everyone, self.captions.queries, vectors, rows)
        self._total += vectors.sum(axis=0, dtype=np.float64)
        self._see_copies(table)
        self._see_firsts(table)
        for place, _, owners in self.images.own_rows(table):
            for row in owners:
                score = self._similarity(row, vectors[place])
                self.own[row] = max(self.own.get(row, -1.0), score)

    def _see_copies(self, table: pa.Table) -> None:
        numbers = pc.index_in(table["sentence_id"], value_set=strings(self.captions.ids))
        for place, number in enumerate(numbers.to_pylist()):
            if number is not None:
                self.copies[self.sentences + place] = number

    def _see_firsts(self, table: pa.Table) -> None:
        mine = table.filter(pc.is_in(table["sentence_id"], value_set=strings(self.firsts)))
        for name, vector in zip(
            mine["sentence_id"].to_pylist(), tables.vectors_of(mine), strict=True
        ):
            self.first |= {row: self._similarity(row, vector) for row in self.firsts[name]}

    def _similarity(self, row: int, vector: np.ndarray) -> float:
        return float(self.images.vectors[row].astype(np.float64) @ vector.astype(np.float64))


def answers(
    inputs: Inputs, images: Images, rows: Iterable[int], best: TopK
) -> dict[int, list[Text]]:
    """Read the best sentences of each image and leave out those that are of its own caption.

    `rows` are the images by row of `best`, whose ids are rows of the corpus's sentences.
    """
    wanted = best.result()[0][:, : K + SPARE]
    texts = _texts(inputs, np.unique(wanted[wanted >= 0]))
    found: dict[int, list[Text]] = {}
    for row, ids in zip(rows, wanted.tolist(), strict=True):
        some = (texts[name] for name in ids if name >= 0)
        found[row] = [text for text in some if not images.is_caption(row, text)][:K]
    return found


def _texts(inputs: Inputs, wanted: np.ndarray) -> dict[int, Text]:
    """Read sentences by their rows in the corpus, given in ascending order."""
    texts: dict[int, Text] = {}
    first = 0
    for _, table in inputs.stream("corpus", "sentences", TEXT_COLUMNS):
        here = wanted[(wanted >= first) & (wanted < first + table.num_rows)]
        if len(here):
            texts |= dict(zip(here.tolist(), texts_of(table, here - first), strict=True))
        first += table.num_rows
    return texts
