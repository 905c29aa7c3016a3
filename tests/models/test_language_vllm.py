"""The shapes of the calls to vLLM, against a stand-in; tests/vllm runs the real one on CPUs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.models import Prompt
from tests.models import vllm_stand_in
from tests.models.support import load


@pytest.fixture
def loaded(
    tiny_tokenizer: Any, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    vllm_stand_in.install(monkeypatch, tiny_tokenizer)
    options = {"checkpoint": str(tiny_llama), "engine": {"max_model_len": 2048}}
    return load("language_model", "vllm", tmp_path, **options, tensor_parallel_size=2)


def test_the_engine_is_told_what_was_asked_for(loaded: Any, tiny_llama: Path) -> None:
    arguments = loaded._engine._llm.arguments
    assert arguments["model"] == str(tiny_llama)
    assert arguments["tensor_parallel_size"] == 2
    assert arguments["max_model_len"] == 2048
    assert arguments["enable_prefix_caching"]


def test_generation_is_greedy_and_by_token_ids(loaded: Any, tiny_tokenizer: Any) -> None:
    prompts = [Prompt("be brief", (), text) for text in ("one", "two<|im_end|>")]
    assert loaded.generate(prompts, 40) == ["the cat sat"] * 2
    (asked, params) = loaded._engine._llm.calls[0]
    assert (params.temperature, params.max_tokens, params.stop) == (0.0, 40, ["\n"])
    control = set(tiny_tokenizer.get_added_vocab().values())
    counts = [sum(id_ in control for id_ in prompt["prompt_token_ids"]) for prompt in asked]
    assert counts[0] == counts[1]


def test_it_tells_of_each_answer_as_it_is_finished(loaded: Any) -> None:
    prompts = [Prompt("", (), text) for text in ("a", "word " * 2000, "b")]
    answers: list[tuple[int, str]] = []
    loaded.generate(prompts, 40, lambda place, text: answers.append((place, text)))
    assert answers == [(2, "the cat sat"), (0, "the cat sat")]


def test_an_answer_ends_where_it_is_asked_to(
    tiny_tokenizer: Any, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vllm_stand_in.install(monkeypatch, tiny_tokenizer)
    options = {"checkpoint": str(tiny_llama), "stop": (" sat",), "temperature": 0.5, "seed": 7}
    model = load("language_model", "vllm", tmp_path, **options)
    assert model.generate([Prompt("", (), "a")], 40) == ["the cat"]
    (_, params) = model._engine._llm.calls[0]
    assert (params.stop, params.seed) == (["\n", " sat"], 7)


def test_a_prompt_that_does_not_fit_is_not_asked(loaded: Any) -> None:
    prompts = [Prompt("", (), text) for text in ("a", "word " * 2000, "b")]
    assert loaded.generate(prompts, 40) == ["the cat sat", "", "the cat sat"]


def test_every_token_is_scored_after_a_start_token(loaded: Any, tiny_tokenizer: Any) -> None:
    scores = loaded.perplexity(["the cat", "", "a"])
    np.testing.assert_allclose(scores, [4.0, np.inf, 4.0])
    (asked, params) = loaded._engine._llm.calls[0]
    assert params.prompt_logprobs == 0
    start = tiny_tokenizer.convert_tokens_to_ids("<|endoftext|>")
    assert [prompt["prompt_token_ids"][0] for prompt in asked] == [start] * 2
