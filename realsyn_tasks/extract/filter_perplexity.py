"""Keep sentences that a language model finds neither odd nor stale (paper §3.1, Eq. 2)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.extract import reasons, schemas


class Config(StageConfig):
    """The paper's bounds for GPT2-large (§3.1); another model needs its own."""

    min_perplexity: float = Field(default=30.0, ge=0.0)
    max_perplexity: float = Field(default=200.0, gt=0.0)
    batch_size: int = Field(default=512, ge=1)  # sentences handed over at once


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Score each sentence; keep those within the bounds."""
    table = inputs.table("filter_sentences", "sentences")
    scores = _score(table["text"].to_pylist(), config, context)
    low = scores < config.min_perplexity
    high = ~(low | (scores <= config.max_perplexity))  # not a number is high
    names = table["sentence_id"].to_pylist()
    dropped = [
        Dropped("sentence", names[row], reason, f"perplexity {scores[row]:.1f}")
        for reason, rows in ((reasons.PERPLEXITY_LOW, low), (reasons.PERPLEXITY_HIGH, high))
        for row in np.flatnonzero(rows)
    ]
    columns = {name: table[name] for name in table.column_names}
    scored = tables.build(
        schemas.SCORED_SENTENCES, columns | {"perplexity": scores.astype(np.float32)}
    )
    return Output(tables={"sentences": scored.filter(pa.array(~(low | high)))}, dropped=dropped)


def _score(texts: list[str], config: Config, context: Context) -> np.ndarray:
    """Score texts, (n,) float64; equal ones once."""
    model = context.model("perplexity_model")
    different = list(dict.fromkeys(texts))
    scores: dict[str, float] = {}
    for start in range(0, len(different), config.batch_size):
        part = different[start : start + config.batch_size]
        scores |= zip(part, model.perplexity(part), strict=True)
        context.progress(len(scores), len(different))
    return np.array([scores[text] for text in texts], dtype=np.float64)
