"""Embed the sentences with the build's one encoder (paper §3.2)."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract import schemas


class Config(StageConfig):
    """How many sentences the encoder is handed at once."""

    batch_size: int = Field(default=256, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one vector per sentence, in the order of the sentences table."""
    sentences = inputs.table("filter_perplexity", "sentences", ["sentence_id", "text"])
    encoder = context.model("encoder")
    texts = sentences["text"].to_pylist()
    parts = [np.zeros((0, encoder.dim), dtype=np.float32)]
    for start in range(0, len(texts), config.batch_size):
        parts.append(encoder.encode_texts(texts[start : start + config.batch_size]))
        context.progress(start + len(parts[-1]), len(texts))
    columns = {"sentence_id": sentences["sentence_id"], "embedding": np.concatenate(parts)}
    return Output(tables={"vectors": tables.build(schemas.SENTENCE_VECTORS, columns)})
