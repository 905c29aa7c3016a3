"""Say how likely a language model finds texts of each source, on a small sample (as DanQing).

The model is that by which the sentences of the corpus were filtered (paper Eq. 2).
"""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.analyze import schemas
from realsyn_tasks.analyze.batches import batched
from realsyn_tasks.analyze.sources import SOURCES
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.vectors.hash_order import within


class Config(StageConfig):
    """How many pairs are read, and which texts of theirs."""

    pairs: int = Field(default=5000, ge=1)  # about, of the drawn ones
    sources: tuple[str, ...] = ("text1", "caption", "alt", "synthetic", "recaption")
    batch_size: int = Field(default=64, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Score the texts of the pairs of this shard that are in the sample."""
    drawn = inputs.table("measure_pairs", "drawn", ["key", "place", *SOURCES])
    total = inputs.source("dataset").reference.pairs
    chosen = within(drawn["place"].to_numpy().astype(np.uint64), config.pairs, total)
    rows = drawn.filter(pa.array(chosen)).to_pylist()
    texts = [(row["key"], name, row[name]) for row in rows for name in config.sources if row[name]]
    scores = _scores([text for _, _, text in texts], config, context)
    scored = [
        {"key": key, "source": source, "score": scores[text]}
        for key, source, text in texts
        if math.isfinite(scores[text])
    ]
    return Output(tables={"perplexities": tables.from_rows(schemas.SCORES, scored)})


def _scores(texts: list[str], config: Config, context: Context) -> dict[str, float]:
    """Score texts; equal ones once, and no model is loaded for none."""
    scores: dict[str, float] = {}
    different = list(dict.fromkeys(texts))
    for batch in batched(different, config.batch_size):
        found = context.model("perplexity_model").perplexity(list(batch))
        scores |= {text: round(float(s), 3) for text, s in zip(batch, found, strict=True)}
        context.progress(len(scores), len(different))
    return scores
