"""The embedded model through llama.cpp: it writes, and says that it cannot score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks import models
from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import Prompt


@pytest.fixture(scope="module")
def model(cache: Path) -> Any:
    return models.load("language_model", ModelSpec(name="llama_cpp"), cache)


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
    spec = ModelSpec(name="llama_cpp", options={"gguf": "nowhere.gguf"})
    with pytest.raises(ConfigError, match=r"nowhere\.gguf is missing"):
        models.load("language_model", spec, cache)
