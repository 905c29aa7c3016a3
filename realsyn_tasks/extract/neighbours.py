"""Which partitions an item is sent to, so that it meets whatever it may be a duplicate of.

Items whose vectors are close meet at a common pivot, pictures that look alike at a common band of
their hashes, and texts of the same letters at their digest. Where they meet depends on the item
and the pivots alone; the number of partitions only says how many meetings one task holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Context, Inputs, StageConfig
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.group import NEIGHBOURHOODS
from realsyn_tasks.extract.places import places_of
from realsyn_tasks.text.sameness import text_key
from realsyn_tasks.vectors import kmeans
from realsyn_tasks.vectors.hash_order import hash_order

BANDS = (13, 13, 13, 13, 12)  # bits of a hash, from its low end
MAX_RADIUS = len(BANDS) - 1  # hashes that differ in so many bits agree in at least one band

Vectors = NDArray[np.float32]
Partitions = NDArray[np.int32]  # (n, m)


@dataclass(frozen=True)
class Kind:
    """What images and sentences differ in."""

    name: str
    id: str  # column
    vectors: str  # stage

    @property
    def table(self) -> str:
        """Name the table of this kind in a corpus and in keyed output."""
        return f"{self.name}s"


IMAGES = Kind("image", "image_id", "embed_images")
SENTENCES = Kind("sentence", "sentence_id", "embed_sentences")
KINDS = (IMAGES, SENTENCES)


class KeyConfig(StageConfig):
    """How many neighbourhoods an item belongs to.

    Two find 99.8 % of the pairs that a comparison of everything finds; one finds 96 %.
    """

    assignments: int = Field(default=2, ge=1)


@dataclass(frozen=True)
class Items:
    """One shard's items of both kinds, row by row; vectors are (n, d) float32."""

    images: pa.ChunkedArray
    hashes: pa.ChunkedArray
    image_vectors: Vectors
    sentences: pa.ChunkedArray
    texts: pa.ChunkedArray
    sentence_vectors: Vectors


def keyed(items: Items, inputs: Inputs, config: KeyConfig, context: Context) -> dict[str, pa.Table]:
    """Make the four keyed tables of a shard: images and hashes, sentences and words."""
    nearest = inputs.of_fit("fit_neighbourhoods", "pivots", _ready)
    partitions = context.axes[NEIGHBOURHOODS]

    def near(
        kind: Kind, ids: pa.ChunkedArray, vectors: Vectors, told: dict[str, pa.ChunkedArray]
    ) -> pa.Table:
        placed = {
            "id": ids,
            "place": pa.chunked_array([places_of(context.shard, len(ids))]),
            **told,
        }
        return by_pivot(placed, vectors, nearest[kind], partitions, config.assignments)

    hashes, texts = {"phash": items.hashes}, {"text": items.texts}
    return {
        "images": near(IMAGES, items.images, items.image_vectors, hashes),
        "hashes": by_hash(items.images, items.hashes, context.shard, partitions),
        "sentences": near(SENTENCES, items.sentences, items.sentence_vectors, texts),
        "words": by_words(items.sentences, items.texts, context.shard, partitions),
    }


def _ready(pivots: pa.Table) -> dict[Kind, kmeans.Nearest]:
    return {kind: kmeans.Nearest.of(pivots_of(pivots, kind)) for kind in KINDS}


def pivots_of(table: pa.Table, kind: Kind) -> Vectors:
    """Give the (k, d) pivots of a kind in order of their number."""
    mine = tables.ordered(table.filter(pc.equal(table["kind"], kind.name)), ["pivot"])
    return tables.vectors_of(mine)


def by_pivot(
    told: Mapping[str, pa.ChunkedArray],
    vectors: Vectors,
    near: kmeans.Nearest,
    partitions: int,
    assignments: int,
) -> pa.Table:
    """Send each item to the partitions of its nearest pivots, one row a pivot.

    `told` are the columns beside the vectors: id, place, and those that likeness is told by.
    """
    if not len(vectors) or not len(near.centroids):
        return schemas.NEIGHBOURS.empty_table()
    nearest = near.nearest(vectors, assignments)
    rows, pivot_numbers = np.nonzero(nearest >= 0)[0], nearest[nearest >= 0]
    columns = {
        tables.PARTITION: pivot_numbers % partitions,
        "pivot": pivot_numbers,
        "text": pa.nulls(len(rows), pa.string()),
        "phash": pa.nulls(len(rows), pa.uint64()),
        "embedding": vectors[rows],
        **{name: chunks.taken_column(column, rows) for name, column in told.items()},
    }
    return tables.build(schemas.NEIGHBOURS, columns, sort_by=[tables.PARTITION, "pivot", "id"])


def by_hash(ids: pa.ChunkedArray, hashes: pa.ChunkedArray, shard: int, partitions: int) -> pa.Table:
    """Send each picture to the partitions of the bands of its hash, to each once."""
    places = _band_partitions(hashes_of(hashes), partitions)
    return _sent(schemas.HASHED, {"id": ids, "phash": hashes}, places, shard)


def by_words(ids: pa.ChunkedArray, texts: pa.ChunkedArray, shard: int, partitions: int) -> pa.Table:
    """Send each text to the partition of its letters and digits."""
    keys = [text_key(text) for text in texts.to_pylist()]
    places = (hash_order(keys, 0) % np.uint64(partitions)).astype(np.int32)
    columns = {"id": ids, "key": pa.chunked_array([pa.array(keys, pa.string())])}
    return _sent(schemas.WORDED, columns, places[:, None], shard)


def hashes_of(hashes: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Read a column of perceptual hashes; (n,)."""
    values: NDArray[np.uint64] = hashes.to_numpy().astype(np.uint64)
    return values


def meeting_of_hashes(hashes: pa.ChunkedArray, partitions: int) -> NDArray[np.int32]:
    """Give the first of the partitions in which equal hashes meet; (n,)."""
    return _band_partitions(hashes_of(hashes), partitions)[:, 0]


def _band_partitions(values: NDArray[np.uint64], partitions: int) -> Partitions:
    places, low = [], 0
    for band, bits in enumerate(BANDS):
        part = (values >> np.uint64(low)) & np.uint64((1 << bits) - 1)
        places.append((part.astype(np.int64) * len(BANDS) + band) % partitions)
        low += bits
    sorted_places: Partitions = np.sort(np.stack(places, axis=1).astype(np.int32), axis=1)
    return sorted_places


def _sent(
    schema: pa.Schema, told: Mapping[str, pa.ChunkedArray], partitions: Partitions, shard: int
) -> pa.Table:
    """Give a row of each item for each of its partitions, which are sorted."""
    new = np.ones(partitions.shape, dtype=np.bool_)
    new[:, 1:] = partitions[:, 1:] != partitions[:, :-1]
    rows = np.repeat(np.arange(len(partitions)), new.sum(axis=1))
    columns = {
        tables.PARTITION: partitions[new],
        "place": places_of(shard, len(partitions))[rows],
        **{name: chunks.taken_column(column, rows) for name, column in told.items()},
    }
    return tables.build(schema, columns, sort_by=[tables.PARTITION, "id"])
