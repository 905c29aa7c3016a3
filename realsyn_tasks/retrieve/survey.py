"""What the shards saw of all sentences of the corpus for the surveyed images, put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs
from realsyn_tasks.retrieve.known_items import Captions, Outranking
from realsyn_tasks.retrieve.own_texts import Images, Text, strings
from realsyn_tasks.retrieve.pool_samples import new_vectors
from realsyn_tasks.retrieve.search_exactly import similarity
from realsyn_tasks.retrieve.truth import K, nearest


@dataclass(frozen=True, eq=False)
class Survey:
    """The nearest sentences of images and of their captions, and similarities."""

    images: Images
    captions: Captions
    by_image: dict[int, list[Text]]  # best K that are not of the own caption, by row of an image
    by_caption: dict[int, list[Text]]
    nearer: Outranking
    sentences: int  # in the corpus
    copies: int  # of captions among them
    own: dict[int, float]  # row of an image -> similarity of its nearest own text
    mean: np.ndarray  # (d,) float64, of all sentences

    @staticmethod
    def read(inputs: Inputs, images: Images, captions: Captions) -> Survey:
        """Read what search_exactly handed on; memory: K texts an image."""
        sentences, copies, mean = _sums(inputs, images.vectors.shape[1])
        return Survey(
            images,
            captions,
            _texts(nearest(inputs, "near_images", K), range(len(images.ids))),
            _texts(nearest(inputs, "near_captions", K), captions.rows.tolist()),
            Outranking.read(inputs, len(images.ids)),
            sentences,
            copies,
            {images.row_of[name]: score for name, score in _own(inputs, images)},
            mean,
        )

    @cached_property
    def random(self) -> np.ndarray:
        """Give each image's mean similarity with all sentences; (n,) float64."""
        similarities: np.ndarray = self.images.vectors.astype(np.float64) @ self.mean
        return similarities

    def caption_similarities(self) -> np.ndarray:
        """Give the similarity of each captioned image with its caption; (m,) float64."""
        images = self.images.vectors[self.captions.rows].astype(np.float64)
        products: np.ndarray = images * self.captions.queries.astype(np.float64)
        similarities: np.ndarray = products.sum(axis=1)
        return similarities


def text_similarities(
    inputs: Inputs, images: Images, texts: Mapping[int, Text], context: Context
) -> dict[int, float]:
    """Give the similarity of images with a text each, by row; what was not drawn is embedded."""
    wanted = {text.sentence_id: text.text for text in texts.values()}
    vector_of = dict(_drawn_vectors(inputs, wanted))
    vector_of |= new_vectors({n: text for n, text in wanted.items() if n not in vector_of}, context)
    return {
        row: similarity(images.vectors[row], vector_of[text.sentence_id])
        for row, text in texts.items()
    }


def _drawn_vectors(inputs: Inputs, wanted: Iterable[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Give the vectors of those texts that the samples have, by id."""
    names = strings(wanted)
    for table in ("captions", "sentences"):
        for _, piece in inputs.stream("draw_samples", table, ["sentence_id", "embedding"]):
            rows = np.flatnonzero(pc.is_in(piece["sentence_id"], value_set=names).to_numpy())
            mine = tables.taken(piece, pa.array(rows))
            ids = mine["sentence_id"].to_pylist()
            yield from zip(ids, tables.vectors_of(mine), strict=True)


def images_with_own_text(inputs: Inputs) -> set[str]:
    """Give the ids of the sampled images whose document has a text that is not their caption."""
    names = inputs.table("pool_samples", "images", ["image_id"])["image_id"].to_pylist()
    rows = inputs.stream("search_exactly", "own", ["image"])
    return {names[row] for _, piece in rows for row in piece["image"].to_pylist()}


def _texts(rows: pa.Table, images: Iterable[int]) -> dict[int, list[Text]]:
    """Give the texts of each image, best first, by row of the images that were asked for."""
    texts: dict[int, list[Text]] = {row: [] for row in images}
    order = list(texts)
    for row in rows.select(["query", "sentence_id", "document_id", "text"]).to_pylist():
        text = Text(row["sentence_id"], row["document_id"] or "", row["text"] or "")
        texts[order[row["query"]]].append(text)
    return texts


def _own(inputs: Inputs, images: Images) -> Iterable[tuple[str, float]]:
    """Give the similarity of the nearest own text of each surveyed image that has one, by id."""
    names = inputs.table("pool_samples", "images", ["image_id"])["image_id"].to_pylist()
    best: dict[str, float] = {}
    for _, piece in inputs.stream("search_exactly", "own"):
        pairs = zip(piece["image"].to_pylist(), piece["similarity"].to_pylist(), strict=True)
        for row, score in pairs:
            best[names[row]] = max(best.get(names[row], -1.0), score)
    return [(name, score) for name, score in best.items() if name in images.row_of]


def _sums(inputs: Inputs, dim: int) -> tuple[int, int, np.ndarray]:
    sentences, copies, total = 0, 0, np.zeros(dim)
    for _, piece in inputs.stream("search_exactly", "sums"):
        for row in piece.to_pylist():
            sentences, copies = sentences + row["sentences"], copies + row["copies"]
            total += np.array(row["total"]) if row["total"] else 0.0
    return sentences, copies, total / max(1, sentences)
