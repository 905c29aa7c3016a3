"""Embed the synthetic texts with the build's one encoder, for their scores.

A tagger that shares the encoder's weights names what the encoder sees, and a text that repeats it
scores high whatever else it says. So words that only tags brought do not count.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.synthesize import schemas


class Config(StageConfig):
    """How many texts the encoder sees at once, and what of them."""

    mask_tags: bool = True  # leave out the words that only tags brought
    batch_size: int = Field(default=256, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one vector per text, in the order of the texts table."""
    column = "untagged" if config.mask_tags else "text"
    texts = inputs.table("generate_texts", "texts", ["image_id", column])
    encoder = context.model("encoder")
    vectors = [np.zeros((0, encoder.dim), dtype=np.float32)]
    for start in range(0, texts.num_rows, config.batch_size):
        batch = texts[column].slice(start, config.batch_size).to_pylist()
        vectors.append(encoder.encode_texts(batch))
        context.progress(start + len(batch), texts.num_rows)
    columns = {"image_id": texts["image_id"], "embedding": np.concatenate(vectors)}
    return Output(tables={"vectors": tables.build(schemas.TEXT_VECTORS, columns)})
