"""Opening from the forms: what is pinned at the trigger holds, and the data plane is told all."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from realsyn_airflow.opening import OpenBuildsOperator, PinOperator, opening_words, pinning_words
from realsyn_airflow.operators import DataPlaneOperator

FORM = {"root": "/r", "scale": "300", "generations": "1,2", "seed": 3, "models": {"encoder": "x"}}
PINS = {"generations": [1, 2], "extract": "", "words": "generations 1-2", "warnings": []}


class Plane:
    """A data plane that notes what it is asked, and answers as it was told."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.asked: list[list[str]] = []

    def call(self, words: Any, context: Any) -> dict[str, Any]:
        self.asked.append(list(words))
        return self.answer


class Kept(dict[str, Any]):
    """A task's state, which outlives its tries."""

    def set(self, key: str, value: Any, retention: Any = None) -> None:
        self[key] = value


class Ti:
    """As much of a task instance as the operators use."""

    dag_id, run_id, map_index = "realsyn_build", "manual__1", -1

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def asked(task: DataPlaneOperator, answer: dict[str, Any], **context: Any) -> list[str]:
    """Run a task on a data plane that answers so; give the words that it sent."""
    plane = Plane(answer)
    task._data_plane = plane  # type: ignore[assignment]
    about = {"ti": Ti(), "task_state_store": Kept(), "dag_run": SimpleNamespace(conf={})}
    task.execute({**about, **context})
    [words] = plane.asked
    return words


def test_a_form_becomes_the_words_that_open_a_build() -> None:
    words = opening_words("build", FORM)
    assert words[:3] == ["open-build", "--root", "/r"]
    assert json.loads(words[4]) == {"seed": 3, "models": {"encoder": "x"}}
    assert words[5:] == ["--scale", "300", "--generations", "1,2"]
    smaller = opening_words("build", {**FORM, "allow_smaller": True, "follow": None})
    assert smaller[-1] == "--allow-smaller" and json.loads(smaller[4]) == json.loads(words[4])


def test_a_crawls_format_is_passed_on_where_it_is_said() -> None:
    form = {"root": "/r", "crawl": "/c", "format": "mmc4", "name": ""}
    assert opening_words("extract", form)[5:] == ["--crawl", "/c", "--format", "mmc4"]
    assert opening_words("extract", {**form, "format": None})[5:] == ["--crawl", "/c"]


@pytest.mark.parametrize("kind", ["extract", "build", "analysis", "tuning", "evaluation"])
def test_a_form_without_the_field_it_needs_is_told_so_with_all_else(kind: str) -> None:
    """By the data plane: here nobody knows what else is wrong."""
    field = {"extract": "crawl", "build": "scale", "evaluation": "versions"}.get(kind, "version")
    words = opening_words(kind, {"root": "/r", field: None})
    assert words[words.index(f"--{field}") + 1] == ""


def test_a_tuning_is_opened_with_all_that_its_form_says() -> None:
    form = {"root": "/r", "version": "v", "name": "n", "teacher": "t", "examples": 200, "steps": 0}
    words = opening_words("tuning", {**form, "register_card": "gain", "base": None})
    assert words[:2] == ["open-tuning", "--options"]
    said = ["--version", "v", "--name", "n", "--teacher", "t", "--examples", "200"]
    assert words[3:] == [*said, "--register-card", "gain"]


def test_an_evaluation_is_opened_with_all_that_its_form_says() -> None:
    form = {"root": "/r", "versions": "v,w", "protocol": "heads", "evaluation_sets": "s3://b/sets"}
    words = opening_words("evaluation", {**form, "leave_out": "imagenet", "name": None})
    assert words[:2] == ["open-evaluation", "--options"]
    said = ["--versions", "v,w", "--protocol", "heads", "--evaluation-sets", "s3://b/sets"]
    assert words[3:] == [*said, "--leave-out", "imagenet"]


def test_a_build_is_pinned_with_all_that_its_form_says() -> None:
    words = pinning_words({**FORM, "crawl": "/c", "format": "warc"})
    assert words[:3] == ["pin-build", "--root", "/r"]
    said = ["--scale", "300", "--generations", "1,2", "--crawl", "/c", "--format", "warc"]
    assert words[5:] == said


def test_what_the_first_try_pinned_holds_for_the_run() -> None:
    """Though the form says "all", and another generation is there by now."""
    kept, form = Kept(), {**FORM, "generations": ""}
    first = asked(PinOperator(task_id="pin"), PINS, params=form, task_state_store=kept)
    assert "--generations" not in first
    assert "--claim" in first, "a second run of the build is told so at once"
    later = {**PINS, "generations": [1, 2, 3]}
    again = asked(PinOperator(task_id="pin"), later, params=form, task_state_store=kept)
    assert again[again.index("--generations") + 1] == "1-2"


def test_a_first_try_over_an_empty_corpus_stays_without_what_comes_meanwhile() -> None:
    kept, pins = Kept(), {**PINS, "generations": [], "extract": "mine"}
    asked(PinOperator(task_id="pin"), pins, params=FORM, task_state_store=kept)
    again = asked(PinOperator(task_id="pin"), pins, params=FORM, task_state_store=kept)
    assert again[again.index("--generations") + 1] == "none"


def test_a_build_is_opened_over_what_was_pinned_and_its_own_crawl() -> None:
    answer = {"build": "r/b/1", "builds": ["r/b/1", "r/b/2"], "done": ["retrieve"]}
    task = OpenBuildsOperator(task_id="open", pins={**PINS, "extract": "mine"})
    ti = Ti()
    words = asked(task, answer, params={**FORM, "generations": "", "scale": "1,2"}, ti=ti)
    assert words[words.index("--generations") + 1] == "1-2"
    assert words[words.index("--extract") + 1] == "mine"
    assert ti.pushed == {"done": ["retrieve"]}
    assert task.way().outputs == ("r/b/1/config.json", "r/b/2/config.json")
