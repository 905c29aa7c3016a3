"""Operators: the words they send through the seam, and what they make of forms."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowSkipException,
    DagRunTriggerException,
)

from realsyn_airflow import dispatch, failures, operators, settings
from realsyn_airflow.operators import RunGroupOperator, opening_words
from realsyn_tasks.core.errors import ConfigError


class Ti:
    """As much of a task instance as the operators use."""

    dag_id, run_id, map_index = "realsyn_build", "manual__1", -1

    def __init__(self, states: list[str] | None = None) -> None:
        self.states = states or []  # of the triggered run, one for each look
        self.pushed: dict[str, Any] = {}

    def get_dr_count(self, dag_id: str, run_ids: list[str], states: list[str]) -> int:
        assert (dag_id, run_ids) == ("realsyn_extract", ["realsyn_build__manual__1"])
        now = self.states[0] if self.states else "none"
        if len(self.states) > 1 and "queued" in states:
            self.states.pop(0)
        return int(now in states)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "POLL", 0)


def run_group(params: dict[str, Any], ti: Ti | None = None) -> Any:
    task = RunGroupOperator(
        task_id="extract",
        group="extract",
        passing=("root", "approval"),
        fields={"build": "uri"},
        unless_empty="crawl",
    )
    return task.execute({"params": params, "ti": ti or Ti()})


def test_a_form_becomes_the_words_that_open_a_build() -> None:
    form = {
        "root": "/r",
        "scale": "300",
        "generations": "1,2",
        "seed": 3,
        "models": {"encoder": "x"},
    }
    words = opening_words("build", form)
    assert words[:3] == ["open-build", "--root", "/r"]
    assert json.loads(words[4]) == {"seed": 3, "models": {"encoder": "x"}}
    assert words[5:] == ["--scale", "300", "--generations", "1,2"]


def test_a_crawls_format_is_passed_on_where_it_is_said() -> None:
    form = {"root": "/r", "crawl": "/c", "format": "mmc4", "name": ""}
    assert opening_words("extract", form)[5:] == ["--crawl", "/c", "--format", "mmc4"]
    assert opening_words("extract", {**form, "format": None})[5:] == ["--crawl", "/c"]


@pytest.mark.parametrize(("kind", "field"), [("extract", "crawl"), ("build", "scale")])
def test_a_form_without_the_one_field_it_needs_is_a_config_failure(kind: str, field: str) -> None:
    with pytest.raises(failures.ConfigFailure, match=field):
        opening_words(kind, {"root": "/r", field: ""})


def test_a_box_passes_on_the_params_it_names_and_triggers_its_one_run() -> None:
    with pytest.raises(DagRunTriggerException) as raised:
        run_group({"crawl": "/c", "root": "/r", "approval": True, "seed": 1})
    triggered = raised.value
    assert triggered.trigger_dag_id == "realsyn_extract"
    assert triggered.dag_run_id == "realsyn_build__manual__1"
    assert triggered.conf == {"root": "/r", "approval": True, "build": "uri"}
    assert triggered.reset_dag_run
    assert triggered.wait_for_completion


def test_a_box_without_its_param_is_skipped() -> None:
    with pytest.raises(AirflowSkipException):
        run_group({"crawl": "", "root": "/r"})


def test_a_box_of_which_nothing_is_left_to_do_is_skipped() -> None:
    task = RunGroupOperator(task_id="retrieve", group="retrieve", done="retrieve,synthesize")
    with pytest.raises(AirflowSkipException, match="nothing is left"):
        task.execute({"params": {}, "ti": Ti()})
    with pytest.raises(DagRunTriggerException):
        RunGroupOperator(task_id="extract", group="extract", done="retrieve").execute(
            {"params": {}, "ti": Ti()}
        )


class Plane:
    """A data plane that notes what it is asked, and answers as it was told."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.asked: list[list[str]] = []

    def call(self, words: Any, context: Any) -> dict[str, Any]:
        self.asked.append(list(words))
        return self.answer


def test_builds_are_opened_for_all_scales_and_the_finished_groups_told() -> None:
    task = operators.OpenBuildsOperator(task_id="open")
    plane = Plane({"build": "r/b/1", "builds": ["r/b/1", "r/b/2"], "done": ["retrieve"]})
    task._data_plane = plane  # type: ignore[assignment]
    ti = Ti()
    opened = task.execute({"params": {"root": "r", "scale": "1,2"}, "ti": ti})
    assert opened == [{"build": "r/b/1"}, {"build": "r/b/2"}]
    assert ti.pushed == {"done": ["retrieve"]}
    assert plane.asked[0][-2:] == ["--scale", "1,2"]
    assert task.way().outputs == ("r/b/1/config.json", "r/b/2/config.json")


def test_a_command_runs_once_for_all_builds_or_for_the_others() -> None:
    builds = [{"build": "a"}, {"build": "b"}, {"build": "c"}]
    task = operators.BuildsOperator(task_id="adopt", command="adopt", builds=builds, others=True)
    plane = Plane({})
    task._data_plane = plane  # type: ignore[assignment]
    task.execute({})
    assert plane.asked == [["adopt", "--build", "b", "--build", "c"]]
    task.builds = builds[:1]
    with pytest.raises(AirflowSkipException, match="one build only"):
        task.execute({})


def test_a_box_joins_a_run_that_is_under_way() -> None:
    ti = Ti(["running", "queued", "running", "success"])
    assert run_group({"crawl": "/c", "root": "/r"}, ti) is None


def test_a_box_fails_with_the_run_it_joined_and_that_is_not_retried() -> None:
    with pytest.raises(AirflowException) as raised:
        run_group({"crawl": "/c", "root": "/r"}, Ti(["running", "failed"]))
    decision = failures.RETRY_POLICY.evaluate(raised.value, 1, 3)
    assert decision.action.value == "fail"


def test_a_profile_with_an_unknown_dispatch_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(settings.PROJECT / "include", tmp_path / "include")
    path = tmp_path / "include" / "profiles" / "pigeons.yaml"
    local = path.with_name("local.yaml").read_text(encoding="utf-8")
    path.write_text(local.replace("dispatch: process", "dispatch: pigeon"), encoding="utf-8")
    monkeypatch.setenv("REALSYN_INCLUDE", str(tmp_path / "include"))
    monkeypatch.setenv("REALSYN_PROFILE", "pigeons")
    with pytest.raises(ConfigError, match=r"pigeons\.yaml: dispatch is 'pigeon': choose"):
        dispatch.data_plane()
