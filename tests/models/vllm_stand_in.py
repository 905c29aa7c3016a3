"""A stand-in for vLLM's LLM and its engine, of the shapes of their calls.

It finishes one request a step, the last one first. By itself every token has probability 1/4, and
the answer to everything is two lines; `ByContent` answers by what it is asked, as a model does.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from realsyn_tasks.models import vllm_engine

ANSWER = "the cat sat\nand ran<|im_end|>"
WORDS = ("the", "cat", "dog", "sat", "ran", "mat", "and", "on")


class StandIn:
    """Both the LLM and its engine."""

    def __init__(self, tokenizer: Any, **arguments: Any) -> None:
        self.arguments = arguments
        self.model_config = SimpleNamespace(max_model_len=arguments.get("max_model_len", 2048))
        self.calls: list[tuple[list[Any], Any]] = []
        self.most = 0  # requests that were at work at once
        self.llm_engine = self
        self.dies: Exception | None = None
        self.goes_on = threading.Event()
        self.goes_on.set()
        self._tokenizer = tokenizer
        self._at_work: list[tuple[str, Any, Any]] = []
        self._count = 0

    def get_tokenizer(self) -> Any:
        return self._tokenizer

    def enqueue(self, prompts: list[Any], params: Any, use_tqdm: bool) -> list[str]:
        self.calls.append((prompts, params))
        names = [str(self._count + number) for number in range(len(prompts))]
        self._count += len(prompts)
        self._at_work += zip(names, prompts, [params] * len(prompts), strict=True)
        self.most = max(self.most, len(self._at_work))
        return [f"{name}-0a1b2c3d" for name in names]

    enqueue_chat = enqueue

    def step(self) -> list[Any]:
        self.goes_on.wait(10)
        if self.dies:
            raise self.dies
        name, prompt, params = self._at_work.pop()
        return [
            SimpleNamespace(request_id="of another step", finished=False),
            SimpleNamespace(request_id=name, finished=True, **self._output(prompt, params)),
        ]

    def _output(self, prompt: Any, params: Any) -> dict[str, Any]:
        ids = self._tokenizer(ANSWER)["input_ids"]
        answer = SimpleNamespace(token_ids=ids, text=ANSWER, logprobs=None)
        if wanted := getattr(params, "logprob_token_ids", None):
            answer.logprobs = [{token: _chance(0.25) for token in (*wanted, ids[0])}]
        asked = prompt.get("prompt_token_ids", []) if isinstance(prompt, dict) else []
        scored = [None, *({token: _chance(0.25)} for token in asked[1:])]
        return {"outputs": [answer], "prompt_logprobs": scored}


class ByContent(StandIn):
    """Answers, and the chances of tokens, follow from the digest of what is asked.

    It opens the checkpoint that it is given, so that one that is damaged does not start.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(_opened(Path(arguments["model"])), **arguments)

    def _output(self, prompt: Any, params: Any) -> dict[str, Any]:
        asked = prompt["prompt_token_ids"] if isinstance(prompt, dict) else _shown(prompt)
        words = " ".join(WORDS[byte % len(WORDS)] for byte in _digest(asked)[:6])
        ids = self._tokenizer(words)["input_ids"][: params.max_tokens]
        answer = SimpleNamespace(token_ids=ids, text=self._tokenizer.decode(ids), logprobs=None)
        if wanted := getattr(params, "logprob_token_ids", None):
            answer.logprobs = [{token: _chance(_share(asked, token)) for token in wanted}]
        scored = [None, *({token: _chance(_share(token))} for token in asked[1:])]
        return {"outputs": [answer], "prompt_logprobs": scored}


def _opened(folder: Path) -> Any:
    from safetensors.numpy import load_file
    from transformers.models.auto import AutoTokenizer

    json.loads((folder / "config.json").read_text(encoding="utf-8"))
    load_file(folder / "model.safetensors")
    return AutoTokenizer.from_pretrained(folder)


def _shown(turns: Any) -> list[Any]:
    """Tell what a conversation shows and says."""
    picture, text = turns[0]["content"]
    return [picture["image_pil"].size, _digest(picture["image_pil"].tobytes()), text["text"]]


def _digest(*asked: Any) -> bytes:
    return hashlib.sha256(repr(asked).encode()).digest()


def _share(*asked: Any) -> float:
    """Give a probability, never 0."""
    return (1 + _digest(*asked)[0]) / 257


def _chance(probability: float) -> Any:
    return SimpleNamespace(logprob=math.log(probability))


def install(monkeypatch: pytest.MonkeyPatch, tokenizer: Any = None) -> None:
    """Put it in vLLM's place; without a tokenizer, one that answers by content."""
    stand_in: Any = ModuleType("vllm")
    stand_in.LLM = lambda **said: StandIn(tokenizer, **said) if tokenizer else ByContent(**said)
    stand_in.SamplingParams = SimpleNamespace
    monkeypatch.setitem(sys.modules, "vllm", stand_in)
    vllm_engine._started.cache_clear()
