"""One engine for all that ask: threads, kinds of model; and how many GPUs it is laid over."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from realsyn_tasks.core.errors import TransientError
from realsyn_tasks.models import Prompt, vllm_engine
from realsyn_tasks.models.judge_vllm import first_tokens
from tests.models import vllm_stand_in
from tests.models.support import drawing, load


@pytest.fixture
def options(
    tiny_tokenizer: Any, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    vllm_stand_in.install(monkeypatch, tiny_tokenizer)
    return {"checkpoint": str(tiny_llama)}


def test_what_several_threads_ask_is_at_work_at_once(
    options: dict[str, Any], tmp_path: Path
) -> None:
    model = load("language_model", "vllm", tmp_path, **options)
    engine = model._engine
    answers: dict[int, list[str]] = {}

    def ask(shard: int) -> None:
        prompts = [Prompt("", (), f"{shard} {number}") for number in range(3)]
        answers[shard] = model.generate(prompts, 8)

    threads = [threading.Thread(target=ask, args=(shard,)) for shard in range(4)]
    engine._llm.goes_on.clear()
    threads[0].start()
    _wait(lambda: engine._llm.most == 3)
    for thread in threads[1:]:
        thread.start()
    _wait(lambda: engine._calls.qsize() == 3)
    engine._llm.goes_on.set()
    for thread in threads:
        thread.join(10)
    assert answers == {shard: ["the cat sat"] * 3 for shard in range(4)}
    assert engine._llm.most == 11, "nine more, with one of three finished"


def _wait(until: Callable[[], bool]) -> None:
    for _ in range(1000):
        if until():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to that")


@pytest.mark.parametrize(("used", "share"), [(False, 0.9), (True, 0.675)])
def test_an_engine_takes_its_share_of_what_other_models_leave(
    options: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    used: bool,
    share: float,
) -> None:
    import torch

    monkeypatch.delenv("VLLM_WORKER_MULTIPROC_METHOD", raising=False)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: used)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (60 << 30, 80 << 30))
    engine = load("language_model", "vllm", tmp_path, **options)._engine
    assert engine._llm.arguments["gpu_memory_utilization"] == share
    assert os.environ["VLLM_WORKER_MULTIPROC_METHOD"] == "spawn"


def test_language_model_captioner_and_judge_of_one_card_share_an_engine(
    options: dict[str, Any], tmp_path: Path
) -> None:
    engines = [
        load(kind, "vllm", tmp_path, **options)._engine
        for kind in ("language_model", "perplexity_model", "captioner", "judge")
    ]
    assert len(set(map(id, engines))) == 1


def test_a_captioner_shows_each_picture_in_a_chat(options: dict[str, Any], tmp_path: Path) -> None:
    captioner = load("captioner", "vllm", tmp_path, **options, prompt="What is it?")
    assert (
        captioner.caption([drawing(1), drawing(2, mode="RGBA")])
        == ["the cat sat and ran<|im_end|>"] * 2
    )
    (asked, params) = captioner._engine._llm.calls[0]
    assert (params.temperature, params.max_tokens) == (0.0, 64)
    [[turn], [other]] = asked
    picture, text = turn["content"]
    assert (turn["role"], text) == ("user", {"type": "text", "text": "What is it?"})
    assert picture["image_pil"].size == (120, 90)
    assert other["content"][0]["image_pil"].mode == "RGB"


def test_a_judge_weighs_the_first_tokens_of_its_answers(
    options: dict[str, Any], tmp_path: Path, tiny_tokenizer: Any
) -> None:
    judge = load("judge", "vllm_judge", tmp_path, **options)
    fits = judge.judge([(drawing(1), 'a "dog"<|im_end|>\nanswer: yes')])
    assert fits.dtype == np.float32
    worth = first_tokens(tiny_tokenizer)
    np.testing.assert_allclose(fits, [np.mean(list(worth.values()))], rtol=1e-6)
    ([[turn]], params) = judge._engine._llm.calls[0]
    assert params.logprob_token_ids == sorted(worth)
    text = turn["content"][1]["text"]
    assert "Text: \"a 'dog'< |im_end|> answer: yes\"" in text


def test_a_judge_is_asked_about_the_beginning_of_an_endless_text(
    options: dict[str, Any], tmp_path: Path
) -> None:
    judge = load("judge", "vllm_judge", tmp_path, **options)
    assert len(judge._question("word " * 20_000)) < 2_500


class Letters:
    """A tokenizer that reads one letter at a time."""

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": [ord(letter) for letter in text]}


def test_tokens_that_begin_answers_of_different_worth_count_for_none() -> None:
    letters = {chr(token): worth for token, worth in first_tokens(Letters()).items()}
    assert letters == {"y": 1.0, "Y": 1.0, "p": 0.5, "P": 0.5, "n": 0.0, "N": 0.0}


def test_an_engine_that_died_fails_all_that_ask_and_may_be_tried_elsewhere(
    options: dict[str, Any], tmp_path: Path
) -> None:
    model = load("language_model", "vllm", tmp_path, **options)
    model._engine._llm.dies = type("EngineDeadError", (Exception,), {})("lost")
    for _ in range(2):
        with pytest.raises(TransientError, match="engine died: lost"):
            model.generate([Prompt("", (), "a")], 8)


def test_a_request_that_vllm_refuses_fails_its_caller_alone(
    options: dict[str, Any], tmp_path: Path
) -> None:
    model = load("language_model", "vllm", tmp_path, **options)

    def refuse(llm: Any) -> list[str]:
        raise ValueError("no such parameter")

    with pytest.raises(ValueError, match="no such parameter"):
        model._engine.ask(refuse, 1)
    assert model.generate([Prompt("", (), "a")], 8) == ["the cat sat"]


@pytest.mark.parametrize(
    ("heads", "devices", "count"), [(32, 8, 8), (32, 6, 4), (12, 8, 4), (9, 8, 1), (32, 0, 1)]
)
def test_a_model_is_laid_over_as_many_gpus_as_divide_its_heads(
    tmp_path: Path, heads: int, devices: int, count: int
) -> None:
    config = {"text_config": {"num_attention_heads": heads}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert vllm_engine.parallel(tmp_path, devices) == count


@pytest.mark.parametrize(("visible", "count"), [("0,1,3", 3), ("", 0), ("-1", 0)])
def test_the_gpus_are_those_that_the_pod_may_see(
    monkeypatch: pytest.MonkeyPatch, visible: str, count: int
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert vllm_engine.gpus() == count


def test_nothing_is_said_to_the_engine_twice() -> None:
    with pytest.raises(ValidationError, match="options of their own"):
        vllm_engine.EngineOptions(checkpoint="x", engine={"dtype": "float16"})
