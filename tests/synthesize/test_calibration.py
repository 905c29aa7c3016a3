"""Another reranker's bounds are where the known one's are, on its own scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.synthesize.calibration import calibrate_reranker
from realsyn_tasks.synthesize.generate_texts import Config

PAIRS = [(f"thing {number}", f"what is said of thing {number}") for number in range(200)]


class Planted:
    """Knows which texts belong to which words; the further a pair is down the list, the less."""

    def __init__(self, scale: Callable[[np.ndarray], Any] = lambda logits: logits) -> None:
        self._scale = scale

    def score(self, pairs: Sequence[tuple[str, str]]) -> Any:
        logits = [self._logit(*(int(part.split()[-1]) for part in pair)) for pair in pairs]
        return np.asarray(self._scale(np.array(logits)), dtype=np.float32)

    def _logit(self, words: int, text: int) -> float:
        return 9.0 - 0.05 * words if words == text else -5.0 - 0.01 * words


def test_a_reranker_of_another_scale_keeps_what_the_known_one_keeps() -> None:
    found = calibrate_reranker(Planted(lambda logits: 1 / (1 + np.exp(-logits))), Planted(), PAIRS)
    for mine, known in (
        (found.min_about, found.known_min_about),
        (found.min_support, found.known_min_support),
    ):
        assert (mine.together, mine.dealt) == (known.together, known.dealt)
        assert 0 < mine.score < 1
    assert found.known_min_about.together == 1.0
    assert found.known_min_support.together == pytest.approx(0.505, abs=0.01)
    stages = found.stages["generate_texts"]
    assert Config(**stages).guards.min_support == found.min_support.score


def test_by_itself_it_gets_its_own_bounds_back_nearly() -> None:
    found = calibrate_reranker(Planted(), Planted(), PAIRS)
    assert found.min_support.score == pytest.approx(4.0, abs=0.06)
    assert found.min_support.dealt == 0


def test_one_that_cannot_tell_is_seen_by_what_it_keeps_of_dealt_pairs() -> None:
    blind = calibrate_reranker(Planted(lambda logits: logits * 0), Planted(), PAIRS)
    assert blind.min_support.dealt == 1.0


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="49 pairs are too few"):
        calibrate_reranker(Planted(), Planted(), PAIRS[:49])
