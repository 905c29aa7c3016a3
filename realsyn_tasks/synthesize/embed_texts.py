"""Embed the synthetic texts with the build's one encoder, for their scores.

A tagger that shares the encoder's weights names what the encoder sees, and a text that repeats it
scores high whatever else it says. So words that only tags brought do not count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.models.protocols import Encoder
from realsyn_tasks.synthesize import schemas
from realsyn_tasks.synthesize.score_pairs import cosines

COMPARED = 32  # texts of a shard, by id, whose cosine is held against that of their source
THOUSANDTHS = 1000  # of a cosine: counts are whole


class Config(StageConfig):
    """How many texts the encoder sees at once, and what of them."""

    mask_tags: bool = True  # leave out the words that only tags brought
    batch_size: int = Field(default=256, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one vector per text, in the order of the texts table.

    Counts say of some texts how near their picture they are, and how near their sources were.
    """
    column = "untagged" if config.mask_tags else "text"
    texts = inputs.table("generate_texts", "texts", ["image_id", "syn_source", column])
    encoder = context.model("encoder")
    vectors = [np.zeros((0, encoder.dim), dtype=np.float32)]
    for start in range(0, texts.num_rows, config.batch_size):
        batch = texts[column].slice(start, config.batch_size).to_pylist()
        vectors.append(encoder.encode_texts(batch))
        context.progress(start + len(batch), texts.num_rows)
    columns = {"image_id": texts["image_id"], "embedding": np.concatenate(vectors)}
    made = tables.build(schemas.TEXT_VECTORS, columns)
    return Output(tables={"vectors": made}, counts=_compared(texts, made, inputs, encoder))


def _compared(texts: pa.Table, made: pa.Table, inputs: Inputs, encoder: Encoder) -> dict[str, int]:
    """Count texts beside the realistic ones they were written from, and sum up both cosines."""
    after_by_image = dict(zip(made["image_id"].to_pylist(), tables.vectors_of(made), strict=True))
    sources = _sources(texts, inputs)
    if not sources:
        return {}
    names = sorted(sources)
    images = inputs.table("corpus", "images", ["image_id", "embedding"])
    looks = dict(zip(images["image_id"].to_pylist(), tables.vectors_of(images), strict=True))
    pictures = np.stack([looks[name] for name in names])
    before = cosines(pictures, encoder.encode_texts([sources[name] for name in names]))
    after = cosines(pictures, np.stack([after_by_image[name] for name in names]))
    return {
        "compared": len(names),
        "nearer": int((after > before).sum()),
        "cosine_before": round(float(before.sum()) * THOUSANDTHS),
        "cosine_after": round(float(after.sum()) * THOUSANDTHS),
    }


def _sources(texts: pa.Table, inputs: Inputs) -> dict[str, str]:
    """Give by image the realistic text that its text was written from, of the first images."""
    rows: list[dict[str, Any]] = texts.select(["image_id", "syn_source"]).to_pylist()
    written = sorted((row["image_id"], row["syn_source"]) for row in rows if row["syn_source"])
    wanted = set(written[:COMPARED])
    matches = inputs.table("merge_matches", "matches", ["image_id", "rank", "text"]).to_pylist()
    keyed = (((row["image_id"], row["rank"]), row["text"]) for row in matches)
    return {image: text for (image, rank), text in keyed if (image, rank) in wanted}
