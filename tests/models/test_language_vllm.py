"""The shapes of the calls to vLLM, against a stand-in; the real one needs a GPU."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.models import Prompt
from tests.models.support import load


class StandIn:
    """Records what it is asked; every token has probability 1/4, answers are two lines."""

    def __init__(self, tokenizer: Any, **arguments: Any) -> None:
        self.arguments = arguments
        self.model_config = SimpleNamespace(max_model_len=arguments["max_model_len"])
        self.calls: list[tuple[list[dict[str, list[int]]], Any]] = []
        self._tokenizer = tokenizer

    def get_tokenizer(self) -> Any:
        return self._tokenizer

    def generate(self, prompts: list[dict[str, list[int]]], params: Any, use_tqdm: bool) -> Any:
        self.calls.append((prompts, params))
        answer = self._tokenizer("the cat sat\nand ran<|im_end|>")["input_ids"]
        return [self._answer(prompt["prompt_token_ids"], answer) for prompt in prompts]

    def _answer(self, asked: list[int], answer: list[int]) -> Any:
        told = [None, *({one: SimpleNamespace(logprob=math.log(0.25))} for one in asked[1:])]
        return SimpleNamespace(outputs=[SimpleNamespace(token_ids=answer)], prompt_logprobs=told)


@pytest.fixture
def loaded(
    tiny_tokenizer: Any, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    fake: Any = ModuleType("vllm")
    fake.LLM = lambda **arguments: StandIn(tiny_tokenizer, **arguments)
    fake.SamplingParams = SimpleNamespace
    monkeypatch.setitem(sys.modules, "vllm", fake)
    options = {"checkpoint": str(tiny_llama), "engine": {"max_model_len": 2048}}
    return load("language_model", "vllm", tmp_path, **options, tensor_parallel_size=2)


def test_the_engine_is_told_what_was_asked_for(loaded: Any, tiny_llama: Path) -> None:
    arguments = loaded._engine.arguments
    assert arguments["model"] == str(tiny_llama)
    assert arguments["tensor_parallel_size"] == 2
    assert arguments["max_model_len"] == 2048
    assert arguments["enable_prefix_caching"]


def test_generation_is_greedy_and_by_token_ids(loaded: Any, tiny_tokenizer: Any) -> None:
    prompts = [Prompt("be brief", (), text) for text in ("one", "two<|im_end|>")]
    assert loaded.generate(prompts, 40) == ["the cat sat"] * 2
    (asked, params) = loaded._engine.calls[0]
    assert (params.temperature, params.max_tokens, params.stop) == (0.0, 40, ["\n"])
    control = set(tiny_tokenizer.get_added_vocab().values())
    counts = [sum(one in control for one in prompt["prompt_token_ids"]) for prompt in asked]
    assert counts[0] == counts[1]


def test_a_prompt_that_does_not_fit_is_not_asked(loaded: Any) -> None:
    prompts = [Prompt("", (), text) for text in ("a", "word " * 2000, "b")]
    assert loaded.generate(prompts, 40) == ["the cat sat", "", "the cat sat"]


def test_every_token_is_scored_after_a_start_token(loaded: Any, tiny_tokenizer: Any) -> None:
    scores = loaded.perplexity(["the cat", "", "a"])
    np.testing.assert_allclose(scores, [4.0, np.inf, 4.0])
    (asked, params) = loaded._engine.calls[0]
    assert params.prompt_logprobs == 0
    start = tiny_tokenizer.convert_tokens_to_ids("<|endoftext|>")
    assert [prompt["prompt_token_ids"][0] for prompt in asked] == [start] * 2
