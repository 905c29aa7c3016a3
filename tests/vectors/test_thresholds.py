"""A threshold loses the share of examples that may be lost, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.vectors.thresholds import DROP_RATES, by_drop_rate, dropping, quantiles

SCORES = np.linspace(0, 1, 2001)


@pytest.mark.parametrize("rate", DROP_RATES)
def test_about_the_share_reaches_it(rate: float) -> None:
    share = float(np.mean(dropping(SCORES, rate) <= SCORES))
    assert share == pytest.approx(rate, abs=0.001)
    assert by_drop_rate(SCORES)[f"{rate:.1%}"] == dropping(SCORES, rate)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1])
def test_no_share_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        dropping(SCORES, rate)


def test_it_is_never_above_one_and_percentiles_are_thousandths() -> None:
    assert dropping(np.array([0.5, 1.0, 1.0001]), 0.01) == 1.0
    assert quantiles(SCORES, 50, 100) == (0.5, 1.0)
