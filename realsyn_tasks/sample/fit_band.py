"""Fit the band of similarities within which image and synthetic text belong together (paper §3.3).

The paper's 0.51..0.61 was set by people looking at the scores of its own encoder. Such numbers
carry over to no other encoder, so quantiles of the scores at hand stand for them. The paper cuts
above, too, since pictures of text score high; here those are found by what they show (spot_text),
and what else scores high is kept. The preset `paper` keeps the middle 85 %, as the paper did.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from realsyn_tasks.core import tables
from realsyn_tasks.core.counts import share
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.sample import schemas
from realsyn_tasks.vectors.quantiles import Histogram


class Config(StageConfig):
    """Quantiles of the scores to keep between, or absolute bounds in their place."""

    quantile_low: float = Field(default=0.075, ge=0, le=1)
    quantile_high: float = Field(default=1.0, ge=0, le=1)
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.quantile_low >= self.quantile_high:
            raise ValueError("quantile_low must be smaller than quantile_high")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low must be smaller than high")
        return self


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one row: the band, both bounds included, and how many pairs there are.

    Pairs without a synthetic text have no score, and no part in the band. Reads the scores three
    times; memory: those of a shard, and some counters.
    """
    histogram = Histogram.of(lambda: _scores(inputs))
    low, high = bounds(histogram, config)
    below = within = 0
    for scores in _scores(inputs):
        below += int((scores < low).sum())
        within += int((scores <= high).sum())
    row = {
        "low": low,
        "high": high,
        "quantile_low": share(below, histogram.count),
        "quantile_high": share(within, histogram.count),
        "pairs": sum(piece.num_rows for piece in _pieces(inputs)),
    }
    return Output(
        tables={"band": tables.from_rows(schemas.BAND, [row])},
        measures={"low": low, "high": high, "pairs": float(histogram.count)},
    )


def bounds(scores: Histogram, config: Config) -> tuple[float, float]:
    """Give the lowest and highest score to keep; (-1, 1) for the quantiles of no scores."""
    low, high = -1.0, 1.0
    if scores.count:
        low, high = scores.quantiles([config.quantile_low, config.quantile_high])
    return (
        low if config.low is None else config.low,
        high if config.high is None else config.high,
    )


def _pieces(inputs: Inputs) -> Iterator[pa.Table]:
    return (piece for _, piece in inputs.stream("score_pairs", "pairs", ["syn_score"]))


def _scores(inputs: Inputs) -> Iterator[np.ndarray[Any, Any]]:
    return (piece["syn_score"].drop_null().to_numpy() for piece in _pieces(inputs))
