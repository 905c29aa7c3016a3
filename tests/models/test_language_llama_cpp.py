"""The embedded model through llama.cpp: it writes, and says that it cannot score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import Prompt
from tests.models.support import load


@pytest.fixture(scope="module")
def model(cache: Path) -> Any:
    return load("language_model", "llama_cpp", cache)


def test_it_answers_each_prompt_in_a_line(model: Any) -> None:
    shots = (("Fact: A cello has four strings.", "Four strings are on a cello."),)
    facts = ["The oven is hot.", "A heron stands in the water."]
    prompts = [Prompt("Say it in other words.", shots, f"Fact: {fact}") for fact in facts]
    answers = model.generate(prompts, 16)
    assert len(set(answers)) == 2
    assert all(answer and "\n" not in answer and "<|" not in answer for answer in answers)
    assert model.generate(prompts[::-1], 16) == answers[::-1]


def test_it_says_that_it_cannot_score(model: Any) -> None:
    with pytest.raises(ConfigError, match="cannot score texts; choose transformers or vllm"):
        model.perplexity(["a text"])


def test_a_missing_file_is_a_config_error(cache: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.gguf is missing"):
        load("language_model", "llama_cpp", cache, gguf="nowhere.gguf")
