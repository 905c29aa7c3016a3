"""Opening tunings: which model is tuned by whom, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.runs.tunings import TuningForm, open_tuning
from tests.finished import finish


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URI of a build that has published a version."""
    root = tmp_path_factory.mktemp("published")
    build = finish(root)
    promote(build, "sample")
    return build.uri


def tuning(version: str, **fields: Any) -> Any:
    return open_tuning(TuningForm(version=version, **fields)).config


def test_the_form_settles_model_teacher_and_numbers(version: str) -> None:
    config = tuning(version, teacher="llama_cpp", examples=16, steps=3, register_card="always")
    assert config.name == "smollm2-135m-instruct-realsyn-tiny"
    assert config.models["ask_teacher.teacher"].backend == "llama_cpp"
    assert config.stages["ask_teacher"]["pairs"] == 32
    assert config.stages["choose_examples"]["examples"] == 16
    assert config.stages["train_student"]["steps"] == 3
    assert config.stages["compare_models"]["register_card"] == "always"


def test_both_stages_that_load_the_untuned_model_load_the_same(version: str) -> None:
    stages = tuning(version).stages
    trained, measured = stages["train_student"]["base"], stages["measure_models"]["base"]
    assert trained == measured
    assert trained["checkpoint"] == "smollm2-135m-instruct"


def test_settings_come_before_the_fields(version: str) -> None:
    chosen = Choices(stages={"train_student": {"steps": 9, "rank": 4}})
    stages = tuning(version, steps=3, choices=chosen).stages
    assert (stages["train_student"]["steps"], stages["train_student"]["rank"]) == (9, 4)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "gpt2-large"}, "that of a card in include/models"),
        ({"name": "A Name"}, "use small letters"),
        ({"base": "smolm2-135m-instruct"}, "did you mean smollm2-135m-instruct"),
        ({"base": "llama_cpp"}, "no checkpoint to train"),
        ({"teacher": "nobody"}, "no language_model 'nobody'"),
        ({"register_card": "maybe"}, "register_card is 'maybe'"),
    ],
)
def test_what_cannot_be_is_refused(version: str, fields: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        tuning(version, **fields)


def test_without_a_version_all_that_is_wrong_is_told() -> None:
    with pytest.raises(ConfigError, match=r"(?s)version: none is named.*use small letters"):
        tuning("", name="A Name")
