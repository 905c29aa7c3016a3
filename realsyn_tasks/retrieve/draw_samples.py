"""Draw what each shard has of the samples that lists are fitted to and everything is measured on.

An item is drawn by the seeded hash of its id, at a rate that the size of the corpus gives: so a
sample has the same size, and the same items, however the corpus is cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.licensed import STAGE as LICENCES
from realsyn_tasks.retrieve.licensed import licensed
from realsyn_tasks.retrieve.own_texts import COLUMNS
from realsyn_tasks.retrieve.own_words import COLUMNS as WORDS
from realsyn_tasks.retrieve.own_words import caption_of
from realsyn_tasks.retrieve.queries import STAGE as QUERIES
from realsyn_tasks.retrieve.queries import queries
from realsyn_tasks.vectors.hash_order import hash_order, within

SPARED = 4  # times as many images are drawn where licences may refuse most of them


class Config(StageConfig):
    """How many images and sentences of the corpus are drawn, about; all of a smaller corpus.

    At 512 dimensions a fit holds 3 KB a sentence. Below 128 sentences a list, lists are a little
    worse, which costs probes: docs/vectors.md says how many.
    """

    images: int = Field(default=6000, ge=1)
    sentences: int = Field(default=1 << 17, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the shard's part of the images, with queries and captions, and of the sentences."""
    spared = SPARED if inputs.has(LICENCES) else 1
    images = licensed(inputs, "images", [*COLUMNS, "embedding"])
    images = _drawn(images, "image_id", spared * config.images, context)
    sentences = licensed(inputs, "sentences", ["sentence_id", "embedding"])
    sentences = _drawn(sentences, "sentence_id", config.sentences, context)
    return Output(
        tables={
            "images": _with_queries(inputs, images),
            "sentences": _built(schemas.DRAWN_SENTENCES, sentences, "sentence_id"),
            "captions": _captions(inputs, images),
        }
    )


def _drawn(items: pa.Table, key: str, wanted: int, context: Context) -> pa.Table:
    """Take the rows whose hashes are among so many of the corpus's; the hash is their key."""
    hashes = hash_order(items[key].to_pylist(), context.seed)
    total = context.source_rows[f"{key.removesuffix('_id')}s"]
    rows = np.flatnonzero(within(hashes, wanted, total))
    return tables.taken(items.append_column("key", pa.array(hashes)), pa.array(rows))


def _with_queries(inputs: Inputs, images: pa.Table) -> pa.Table:
    """Set the vector that each image is searched by beside it, and what stands around in short."""
    around = [_in_short(sentences) for sentences in images["context"].to_pylist()]
    place = images.column_names.index("context")
    images = images.set_column(place, "context", pa.array(around, type=_AROUND))
    asked = _rows_by_id(queries(inputs), "image_id", images["image_id"])
    return _built(
        schemas.DRAWN_IMAGES, images.append_column("query", asked["embedding"]), "image_id"
    )


_AROUND = schemas.DRAWN_IMAGES.field("context").type


def _in_short(sentences: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [{name: each[name] for name in ("text", "sentence_id")} for each in sentences or ()]


def _captions(inputs: Inputs, images: pa.Table) -> pa.Table:
    """Give the vectors that the captions of images have, each caption once."""
    if not inputs.has(QUERIES):
        return schemas.CAPTION_VECTORS.empty_table()
    texts = {caption_of(row).text for row in images.select(WORDS).to_pylist()} - {""}
    wanted = pa.array(sorted(map(sentence_id, texts)), type=pa.string())
    known = inputs.table(QUERIES, "captions", ["sentence_id", "embedding"])
    return _built(schemas.CAPTION_VECTORS, _rows_by_id(known, "sentence_id", wanted), "sentence_id")


def _rows_by_id(items: pa.Table, key: str, ids: pa.Array | pa.ChunkedArray) -> pa.Table:
    return tables.taken(items, pc.index_in(ids, value_set=items[key]).to_numpy())


def _built(schema: pa.Schema, rows: pa.Table, key: str) -> pa.Table:
    if not rows.num_rows:
        return schema.empty_table()
    return tables.build(schema, {name: rows[name] for name in schema.names}, [key])
