"""The table of how often a model's texts contradict or drop what is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.core import progress
from realsyn_tasks.core.kept_answers import Asked, KeptAnswers
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.models.protocols import Prompt
from realsyn_tasks.report import measured_texts
from realsyn_tasks.synthesize.facts import Facts
from realsyn_tasks.synthesize.generate_texts import Config
from tests.crawls import picture
from tests.support import tiny_model

GOOD = "Two frogs on a leaf, tailless amphibians with long hind limbs."
FALSE = "Two frogs on a leaf are a kind of plant with hind limbs."


class Scripted:
    """Says of every second pair what is false, and of the others what is true."""

    identity = "scripted"

    def generate(self, prompts: Sequence[Prompt], most: int, *told: Any) -> list[str]:
        return [FALSE if "moor" in prompt.user else GOOD for prompt in prompts]


class Sure:
    """A cross-encoder that takes everything for an answer."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        return np.full(len(pairs), 8.0, dtype=np.float32)


def pairs(folder: Path) -> list[Facts]:
    (folder / "a.png").write_bytes(picture(1, (320, 240)))
    return [
        Facts(
            pair_id=f"{number:012x}",
            caption=caption,
            texts=("A frog is any of various tailless amphibians with long hind limbs.",),
            names=("frog",),
            kinds=("amphibian",),
            picture=str(folder / "a.png"),
        )
        for number, caption in enumerate(("Two frogs on a leaf.", "Two moor frogs on a leaf."))
    ]


def test_a_measurement_that_was_killed_goes_on_with_what_was_answered(tmp_path: Path) -> None:
    storage = Storage.at(str(tmp_path / "kept"))
    kept = Asked(KeptAnswers(storage, "answers", pause=0.0), "scripted")

    def measured(writer: Any) -> Any:
        models = {"language_model": writer, "reranker": Sure()}
        return measured_texts.measure(
            pairs(tmp_path), Config(), lambda kind: models.get(kind) or tiny_model(kind), kept
        )

    class Silent(Scripted):
        def generate(self, prompts: Sequence[Prompt], most: int, *told: Any) -> list[str]:
            raise AssertionError("it was asked again")

    (table, answers), (again, same) = measured(Scripted()), measured(Silent())
    assert same == answers
    assert table["cpu_seconds_an_answer"] is not None
    assert again["cpu_seconds_an_answer"] is None
    lines = "".join(measured_texts.in_words({"model": "m", "prompts": ["caption x"], **again}))
    assert "some answers were kept" in lines


def test_it_says_how_many_answers_there_are_and_promises_nothing_before_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    models = {"language_model": Scripted(), "reranker": Sure()}
    measured_texts.measure(
        pairs(tmp_path), Config(), lambda kind: models.get(kind) or tiny_model(kind)
    )
    lines = capsys.readouterr().err.splitlines()
    told = [line.removeprefix("measure-texts: ") for line in lines if "measure-texts: " in line]
    assert told[0].startswith("0 of ") and "left" not in told[0]
    assert any(line.startswith("2 of ") and " left" in line for line in told)


def test_first_answers_and_texts_taken_are_told_apart(tmp_path: Path) -> None:
    models = {"language_model": Scripted(), "reranker": Sure()}
    table, answers = measured_texts.measure(
        pairs(tmp_path), Config(), lambda kind: models.get(kind) or tiny_model(kind)
    )
    assert (table["pairs"], table["asked"], table["taken_share"]) == (2, 2, 0.5)
    first, taken = table[measured_texts.FIRST], table[measured_texts.TAKEN]
    assert (first["texts"], taken["texts"]) == (2, 1)
    assert first["contradicts"][0] == 0.5
    assert first["contradicts_by_fact"] == {"kind": 0.5}
    assert taken["contradicts"][0] == taken["drops"][0] == 0.0
    assert {a.refused for a in answers} == {"", "drift"}
    lines = list(measured_texts.in_words({"model": "m", "prompts": ["caption x"], **table}))
    assert any(line.startswith("contradicts") and "50.0%" in line for line in lines)
