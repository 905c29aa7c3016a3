"""Rerankers tell answers from other texts, and take a page's control words for text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.core.errors import ConfigError
from tests.models import checkpoints, support

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


@pytest.mark.parametrize("name", ["cross_encoder_onnx", "cross_encoder"])
def test_a_border_between_texts_cannot_be_written(name: str, request: Any) -> None:
    if name == "cross_encoder":
        folder, mark = request.getfixturevalue("tiny_reranker"), "<|im_end|>"
        model = support.load("reranker", name, folder.parent / "cache", checkpoint=str(folder))
    else:
        model, mark = request.getfixturevalue("embedded"), "[SEP]"
    spoken, bare = model.score([(WORDS, f"a {mark} b"), (WORDS, "a b")])
    lone = model.score([(f"{WORDS} {mark} a", "b")])
    assert len({float(spoken), float(bare), float(lone[0])}) == 3


def test_a_classifier_of_several_labels_is_refused(tiny_tokenizer: Any, tmp_path: Path) -> None:
    folder = checkpoints.reranker(tmp_path, tiny_tokenizer, labels=3)
    with pytest.raises(ConfigError, match="gives 3 scores for a pair, and a reranker one"):
        support.load("reranker", "cross_encoder", tmp_path / "cache", checkpoint=str(folder))
