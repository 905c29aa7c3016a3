"""Keep sentences that a language model finds neither odd nor stale (paper §3.1, Eq. 2).

A short text is odd to a model because it is short: three words have a median of 1,700 where twenty
have 94. So a model may be calibrated with bands, which bound texts by their length.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.extract import reasons, schemas

Scores = NDArray[np.float64]


class Band(BaseModel):
    """What perplexity texts of up to so many words may have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: int = Field(ge=1)
    min: float = Field(ge=0.0)
    max: float = Field(gt=0.0)


class Config(StageConfig):
    """The paper's bounds for GPT2-large (§3.1); another model needs its own.

    Where there are bands, they count in place of these, by the length of a text; one that is longer
    than the last band has that one's bounds.
    """

    ordered = (("min_perplexity", "max_perplexity"),)

    min_perplexity: float = Field(default=30.0, ge=0.0)
    max_perplexity: float = Field(default=200.0, gt=0.0)
    bands: tuple[Band, ...] = ()
    batch_size: int = Field(default=512, ge=1)  # sentences handed over at once

    @field_validator("bands")
    @classmethod
    def _in_order(cls, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        if any(one.words >= other.words for one, other in pairwise(bands)):
            raise ValueError("each band must be of longer texts than the one before it")
        return bands

    def bounds(self, words: Sequence[int]) -> tuple[Scores, Scores]:
        """Give the least and the largest perplexity of texts of so many words; (n,) each."""
        bands = self.bands or (Band(words=1, min=self.min_perplexity, max=self.max_perplexity),)
        places = np.searchsorted([band.words for band in bands], words)
        places = np.minimum(places, len(bands) - 1)
        low, high = (np.array(side) for side in zip(*((b.min, b.max) for b in bands), strict=True))
        return low[places], high[places]


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Score each sentence; keep those within the bounds."""
    table = inputs.table("filter_sentences", "sentences")
    scores = _score(table["text"].to_pylist(), config, context)
    least, most = config.bounds(table["words"].to_pylist())
    low = scores < least
    high = ~(low | (scores <= most))  # not a number is high
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


def _score(texts: list[str], config: Config, context: Context) -> Scores:
    """Score texts, (n,) float64; equal ones once."""
    model = context.model("perplexity_model")
    different = list(dict.fromkeys(texts))
    scores: dict[str, float] = {}
    for start in range(0, len(different), config.batch_size):
        part = different[start : start + config.batch_size]
        scores |= zip(part, model.perplexity(part), strict=True)
        context.progress(len(scores), len(different))
    return np.array([scores[text] for text in texts], dtype=np.float64)
