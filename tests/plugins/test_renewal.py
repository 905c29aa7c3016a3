"""A new version by itself: only of what is new, and only when it is enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowSkipException

from realsyn_airflow import failures, forms, schedules
from realsyn_airflow.renewal import NewsOperator
from tests.airflow_home import script

NEWS = {"scale": "15m", "version": "", "generations": [1, 2], "images": 40, "name": "15m-gen-0002"}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the task over a corpus that has NEWS; gives its result, and leaves the words asked."""

    def run(**params: Any) -> Any:
        said = f"shift 2\necho \"$@\" > {tmp_path}/words\necho '{json.dumps(NEWS)}'\n"
        monkeypatch.setenv("REALSYN_DATA_PYTHON", str(script(tmp_path, said)))
        form = {"root": "s3://bucket", "scale": "15m", "minimum_images": 40, **params}
        return NewsOperator(task_id="news").execute({"params": form})

    return run


def test_enough_news_are_the_name_of_a_build(asked: Any, tmp_path: Path) -> None:
    assert asked()["name"] == "15m-gen-0002"
    assert (tmp_path / "words").read_text() == "news --root s3://bucket --scale 15m\n"


def test_too_little_is_skipped_and_says_how_little(asked: Any) -> None:
    with pytest.raises(AirflowSkipException, match=r"40 new images in the corpus.*41 on"):
        asked(minimum_images=41)


def test_without_a_scale_nothing_is_asked(asked: Any, tmp_path: Path) -> None:
    with pytest.raises(failures.ConfigFailure, match="REALSYN_RENEWAL"):
        asked(scale="")
    assert not (tmp_path / "words").exists()


def test_the_deployment_says_when_and_what(monkeypatch: pytest.MonkeyPatch) -> None:
    assert schedules.of_renewal() == "0 2 * * *"
    own = {"schedule": "@weekly", "scale": "15m", "minimum_images": 5000}
    monkeypatch.setenv("REALSYN_RENEWAL", json.dumps(own))
    assert schedules.of_renewal() == "@weekly"
    fields = {name: param.value for name, param in forms.renewal().items()}
    assert fields == {
        "scale": "15m",
        "minimum_images": 5000,
        "allow_smaller": False,
        "approval": False,
        "on_gate_failure": "fail",
    }


def test_nobody_is_asked_at_night_unless_the_deployment_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REALSYN_PROFILE", "production")
    asking = {name: param.value for name, param in forms.consent().items()}
    assert asking == {"approval": True, "on_gate_failure": "ask"}
    at_night = {name: param.value for name, param in forms.renewal().items()}
    assert (at_night["approval"], at_night["on_gate_failure"]) == (True, "fail")
    own = {"approval": False, "on_gate_failure": "ask", "allow_smaller": True}
    monkeypatch.setenv("REALSYN_RENEWAL", json.dumps(own))
    chosen = {name: param.value for name, param in forms.renewal().items()}
    assert {name: chosen[name] for name in own} == own


def test_without_a_clock_it_follows_the_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALSYN_RENEWAL", '{"schedule": null}')
    assert schedules.of_renewal() == [Asset("realsyn_corpus")]
