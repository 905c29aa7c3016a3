"""Search list by list: one matrix product for all images that probe a list (paper §3.2).

Where an earlier build has searched the first shards of the corpus in the same lists, only what is
new is scored: new images with all sentences, and old images with new sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Context, Inputs, Output, Pieces
from realsyn_tasks.retrieve import hubness, schemas
from realsyn_tasks.retrieve.stored import Best, Block, Images, Known, Sentences
from realsyn_tasks.vectors import search
from realsyn_tasks.vectors.product_config import ProductConfig
from realsyn_tasks.vectors.search import ListOrder, TopK

OF_TEXT = [
    *("sentence_id", "text", "document_id", "document_url", "licence"),
    "anaphoric",
]
SENTENCES_AT_ONCE = 1 << 15  # that are asked for their nearest images
IMAGES_AT_ONCE = 1 << 13  # whose candidates are written together


class Config(ProductConfig):
    """How many candidates each partition gives an image, and how hubs fare.

    More candidates than the three that are kept, so that near-identical texts can be passed over.
    A hub is a sentence that lies near very many images, as some do in every space of many
    dimensions. Unstated in the paper; from each score the penalty takes this share of the
    sentence's mean score with its nearest images (1 and all candidates would be twice as much as
    CSLS takes, arXiv 1710.04087).
    """

    candidates: int = Field(default=12, ge=3)
    hub_penalty: float = Field(default=0.0, ge=0.0)
    hub_images: int = Field(default=10, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each image's best sentences among this partition's lists, keyed by its corpus shard.

    Beside them, while hubs are penalised, every sentence's scores with its nearest images. Memory:
    blocks of images and of lists, and of a sentence what `stored` says and 4 bytes for each of
    `hub_images`; while sentences are read, what an earlier build found. What is found for a block
    of images waits on disk, as the penalty is known only when all images have met all sentences.
    """
    context = config.applied(context)
    sentences, known = _read_sentences(inputs, config, context)
    probes = (piece for _, piece in inputs.stream("probe_images", "probes"))
    images = Images.read(probes, known.shards if known else 0, context.scratch)
    if not (len(sentences.ids) and images.count):
        empty = {"candidates": schemas.CANDIDATES, "nearest": schemas.NEAREST_IMAGES}
        return Output(tables={name: schema.empty_table() for name, schema in empty.items()})
    found = Search(images, sentences, known, config, context)
    pairs = sum(found.visit(block) for block in images.blocks())
    return Output(
        tables={
            "candidates": found.candidates(),
            "nearest": hubness.table(sentences.ids, found.nearest),
        },
        cost={"scored_pairs": float(pairs), "reused_shards": float(known.shards if known else 0)},
    )


def _read_sentences(
    inputs: Inputs, config: Config, context: Context
) -> tuple[Sentences, Known | None]:
    """Read sentences, and what an earlier build found, whose tables are let go."""
    earlier = inputs.grown_from()
    texts = (piece for _, piece in inputs.stream("assign_sentences", "sentences"))
    shards = earlier.shards if earlier else 0
    sentences = Sentences.read(texts, OF_TEXT, shards, context.scratch)
    if not earlier:
        return sentences, None
    return sentences, Known.of(earlier, sentences, config.hub_images, context.scratch)


class Search:
    """What is known of the best sentences of images, and of the nearest images of sentences."""

    def __init__(
        self,
        images: Images,
        sentences: Sentences,
        known: Known | None,
        config: Config,
        context: Context,
    ) -> None:
        self._images, self._sentences = images, sentences
        self._all, self._fresh = sentences.orders()
        self._best = Best(context.scratch, config.candidates)
        self._known = known
        self._penalty, self._device = config.hub_penalty, context.device
        self.nearest = (
            known.nearest if known else hubness.no_scores(len(sentences.ids), config.hub_images)
        )

    def visit(self, block: Block) -> int:
        """Let the next images meet the sentences that they have yet to; count the pairs scored."""
        members = self._fresh if block.old else self._all
        visits = np.bincount(block.lists[block.lists >= 0])
        numbers = [n for n in np.flatnonzero(visits).tolist() if len(members.rows_of(n))]
        rows, scores = search.search_stored_lists(
            block.vectors,
            block.lists,
            self._sentences.by_list(members, numbers),
            self._best.k,
            device=self._device,
        )
        self._best.append(*self._with_known(block, rows, scores))
        pairs = sum(int(visits[number]) * len(members.rows_of(number)) for number in numbers)
        if not self._penalty:
            return pairs
        for some in _together(numbers, members):
            self._meet(some, members, block)
        return 2 * pairs

    def _with_known(
        self, block: Block, rows: np.ndarray, scores: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give the best of what a block's images have met now and in the earlier build."""
        if not (block.old and self._known):
            return rows, scores
        best = TopK(len(rows), self._best.k)
        best.update(*self._known.of_block(block))
        place, slot = np.nonzero(rows >= 0)
        best.update(place, rows[place, slot], scores[place, slot])
        return best.result()

    def _meet(self, numbers: list[int], members: ListOrder, block: Block) -> None:
        """Score the sentences of some lists with those of the images that visit these."""
        parts = list(self._sentences.by_list(members, numbers))
        rows = np.concatenate([rows for _, _, rows in parts])
        visitors = ListOrder(block.lists.ravel())
        _, scores = search.search_stored_lists(
            np.concatenate([vectors for _, vectors, _ in parts]).astype(np.float32),
            self._sentences.lists[rows][:, None],
            _visiting(block, visitors, numbers),
            self.nearest.shape[1],
            device=self._device,
        )
        both = np.concatenate([self.nearest[rows], scores], axis=1)
        self.nearest[rows] = -np.sort(-both, axis=1)[:, : scores.shape[1]]

    def candidates(self) -> Pieces:
        """Give the best sentences of each image, by its corpus shard, image and rank."""
        penalty = (self._penalty * hubness.means(self.nearest)).astype(np.float32)
        count = self._images.count
        starts = range(0, count, IMAGES_AT_ONCE)
        blocks = (range(start, min(start + IMAGES_AT_ONCE, count)) for start in starts)
        made = (self._of_images(images, penalty) for images in blocks)
        return Pieces(schemas.CANDIDATES, made)

    def _of_images(self, images: range, penalty: np.ndarray) -> pa.Table:
        """Give the candidates of some images."""
        rows, scores = self._best.read(images)
        about = self._images.about(images)
        place, slot = np.nonzero(rows >= 0)
        matched = rows[place, slot]
        wanted, places = np.unique(matched, return_inverse=True)
        in_file = np.argsort(self._sentences.places[wanted])
        texts = self._sentences.texts.read(self._sentences.places[wanted][in_file])
        text_of = np.empty(len(wanted), dtype=np.int64)
        text_of[in_file] = np.arange(len(wanted))
        columns = {
            tables.PARTITION: about["shard"].to_numpy()[place],
            "image_id": chunks.taken_column(about["image_id"], place),
            "rank": (slot + 1).astype(np.int32),
            **{name: chunks.taken_column(texts[name], text_of[places]) for name in OF_TEXT},
            "score": scores[place, slot],
            "adjusted": scores[place, slot] - penalty[matched],
        }
        return tables.build(schemas.CANDIDATES, columns)


def _together(numbers: list[int], members: ListOrder) -> Iterator[list[int]]:
    """Put lists together, as many as have so many sentences."""
    ends = np.cumsum([len(members.rows_of(number)) for number in numbers])
    for _, some in groupby(zip(ends, numbers, strict=True), lambda of: of[0] // SENTENCES_AT_ONCE):
        yield [number for _, number in some]


def _visiting(
    block: Block, visitors: ListOrder, numbers: list[int]
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Give number, vectors and rows of the images of a block that visit some lists."""
    for number in numbers:
        rows = visitors.rows_of(number) // block.lists.shape[1]
        yield number, block.vectors[rows], rows
