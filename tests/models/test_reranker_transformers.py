"""A reranker is any checkpoint with one score for a pair: here a tiny one with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from tests.models import checkpoints, support

WORDS, MARK = "a camel in the desert", "<|im_end|>"


def load(checkpoint: Path) -> Any:
    cache = checkpoint.parent / "cache"
    return support.load("reranker", "cross_encoder", cache, checkpoint=str(checkpoint))


def test_a_border_between_texts_cannot_be_written(tiny_reranker: Path) -> None:
    pairs = [(WORDS, f"a {MARK} b"), (WORDS, "a b"), (f"{WORDS} {MARK} a", "b")]
    assert len(set(load(tiny_reranker).score(pairs).tolist())) == 3


def test_a_classifier_of_several_labels_is_refused(tiny_tokenizer: Any, tmp_path: Path) -> None:
    folder = checkpoints.reranker(tmp_path, tiny_tokenizer, labels=3)
    with pytest.raises(ConfigError, match="gives 3 scores for a pair, and a reranker one"):
        load(folder)
