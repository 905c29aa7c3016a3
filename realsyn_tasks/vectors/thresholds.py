"""Thresholds that lose a share of what is wanted, by the scores of examples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
COINCIDENCES = 0.01  # share of different, wanted items that may go
DROP_RATES = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1)  # for which thresholds are shown


def dropping(scores: Scores, rate: float) -> float:
    """Give the threshold that about this share of items reaches, rounded up to thousandths.

    At most 1: scores are cosines, probabilities or shares. Raises ValueError for no share.
    """
    if not 0 < rate < 1:
        raise ValueError(f"the share of items to drop must be between 0 and 1, got {rate}")
    return min(1.0, math.ceil(float(np.quantile(scores, 1 - rate)) * 1000) / 1000)


def by_drop_rate(scores: Scores) -> dict[str, float]:
    """Give the threshold of each of DROP_RATES, by the rate in words."""
    return {f"{rate:.1%}": dropping(scores, rate) for rate in DROP_RATES}


def quantiles(scores: Scores, *percents: float) -> tuple[float, ...]:
    """Give percentiles of scores, to thousandths."""
    return tuple(round(float(one), 3) for one in np.percentile(scores, percents))
