"""Texts and perplexities are those of the transformers backend, in float32."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from realsyn_tasks.core.side_by_side import side_by_side
from realsyn_tasks.models import Prompt, requests
from tests.vllm.write import LIMIT, PROMPTS, kept

PROJECT = Path(__file__).resolve().parents[2]
TEXTS = [
    "The violin is a wooden instrument with four strings.",
    "a",
    "",
    "the mat<|im_end|> sat",
    "Dogs ran and ran and ran until the evening came over the hills of the coast.",
]


def test_texts_are_those_of_transformers(model: Any, reference: Any) -> None:
    told: list[int] = []
    answers = model.generate(PROMPTS, LIMIT, lambda place, text: told.append(place))
    assert answers == reference.generate(PROMPTS, LIMIT)
    assert sorted(told) == list(range(len(PROMPTS)))


def test_perplexities_are_those_of_transformers(model: Any, reference: Any) -> None:
    np.testing.assert_allclose(model.perplexity(TEXTS), reference.perplexity(TEXTS), rtol=1e-4)


def test_what_stands_beside_changes_no_text(model: Any) -> None:
    together = model.generate(PROMPTS, LIMIT)
    assert model.generate(PROMPTS[3:4], LIMIT) == together[3:4]
    alone: dict[int, list[str]] = {}

    def ask(row: int) -> None:
        alone[row] = model.generate([PROMPTS[row]], LIMIT)

    side_by_side(ask, range(4), 4)
    assert [alone[row] for row in range(4)] == [[text] for text in together[:4]]


def test_an_answer_ends_where_it_is_asked_to_and_a_seed_draws_the_same(model: Any) -> None:
    options = model._options.model_copy(update={"stop": (" is",), "temperature": 1.0, "seed": 3})
    plain, model._options = model._options, options
    try:
        drawn = [model.generate(PROMPTS[:3], LIMIT) for _ in range(2)]
    finally:
        model._options = plain
    assert drawn[0] == drawn[1]
    assert all(" is" not in text for text in drawn[0])


def test_a_prompt_that_does_not_fit_has_no_answer(model: Any) -> None:
    long = Prompt("", (), "word " * 2000)
    assert model.generate([long, PROMPTS[0]], 4)[0] == ""


def test_an_engine_in_a_process_of_its_own_answers_alike_and_ends(
    model: Any, tmp_path: Path
) -> None:
    """As it runs on GPUs; it is spawned, and goes with the process that started it."""
    command = [sys.executable, "-m", "tests.vllm.write", *map(str, (tmp_path, tmp_path / "log"))]
    subprocess.run(
        [*command, "apart"], cwd=PROJECT, stderr=subprocess.DEVNULL, check=True, timeout=500
    )

    class Unasked:
        concurrent = True

        def generate(self, prompts: Any, *rest: Any) -> list[str]:
            assert not prompts
            return []

    texts = requests.answers(Unasked(), kept(tmp_path), PROMPTS, LIMIT)
    assert texts == model.generate(PROMPTS, LIMIT)


def test_kill_9_in_mid_shard_loses_no_finished_request(model: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-m", "tests.vllm.write", str(tmp_path / "kept"), str(log)]
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.DEVNULL)
    while not log.exists() or len(log.read_text().split()) < 3:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = len(log.read_text().split())
    assert before < len(PROMPTS)
    asked: list[Prompt] = []

    class Counting:
        concurrent = True

        def generate(self, prompts: Any, *rest: Any) -> list[str]:
            asked.extend(prompts)
            texts: list[str] = model.generate(prompts, *rest)
            return texts

    texts = requests.answers(Counting(), kept(tmp_path / "kept"), PROMPTS, LIMIT)
    assert len(asked) <= len(PROMPTS) - before, "no finished request is asked again"
    assert texts == model.generate(PROMPTS, LIMIT)
    assert threading.active_count() < 20
