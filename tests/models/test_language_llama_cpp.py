"""The embedded model through llama.cpp: it writes, and is not offered where texts are scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import Prompt
from tests.models.support import load, resolved


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


def test_it_cannot_be_named_where_texts_are_scored(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no perplexity_model 'llama_cpp': choose one of: tr"):
        resolved("perplexity_model", "llama_cpp", tmp_path)
