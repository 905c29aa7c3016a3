"""The embedded reranker tells answers from other texts, whatever else is in the call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models import support

WORDS = "a camel in the desert"
TEXTS = [
    "A violin has four strings and is played with a bow.",
    "Camels have one or two humps and live in dry places.",
    "The camel crosses the desert.",
]


@pytest.fixture(scope="module")
def embedded(cache: Path) -> Any:
    return support.load("reranker", "cross_encoder_onnx", cache)


def test_it_puts_what_answers_the_words_first(embedded: Any) -> None:
    scores = embedded.score([(WORDS, text) for text in TEXTS])
    assert list(np.argsort(scores)) == [0, 1, 2]


def test_a_score_has_the_same_bits_in_any_company(embedded: Any) -> None:
    pairs = [(WORDS, text) for text in TEXTS] * 3
    together = embedded.score(pairs)
    assert (
        together.tobytes() == np.concatenate([embedded.score([pair]) for pair in pairs]).tobytes()
    )


def test_a_border_between_texts_cannot_be_written(embedded: Any) -> None:
    pairs = [(WORDS, "a [SEP] b"), (WORDS, "a b"), (f"{WORDS} [SEP] a", "b")]
    assert len(set(embedded.score(pairs).tolist())) == 3
