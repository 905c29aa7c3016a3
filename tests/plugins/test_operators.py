"""Operators: the words they send through the seam, and what they make of forms."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowSkipException,
    DagRunTriggerException,
    TaskAwaitingInput,
)

from realsyn_airflow import dispatch, failures, operators, settings
from realsyn_airflow.operators import RunGroupOperator
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


def test_approval_passes_at_once_unless_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    hitl = "airflow.providers.standard.operators.hitl.upsert_hitl_detail"
    monkeypatch.setattr(hitl, lambda **details: asked.append(details))
    step = operators.ApprovalStep(task_id="approval", subject="Promote?", fail_on_reject=True)
    assert step.execute({"params": {"approval": False}}) is None
    assert asked == []

    class Asking:
        id = "1"

    with pytest.raises(TaskAwaitingInput):
        step.execute({"params": {"approval": True}, "task_instance": Asking()})
    assert asked[0]["options"] == ["Approve", "Reject"]


def test_a_failed_gate_leaves_its_verdict_in_the_ui(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any, words: Any, context: Any) -> None:
        raise failures.GateFailure("rows 0, expected more", {"passed": False, "uri": "page"})

    monkeypatch.setattr("realsyn_airflow.seam.LocalProcess.call", fail)
    gate = operators.GateOperator(task_id="gate", group="extract", build="uri")
    ti = Ti()
    with pytest.raises(failures.GateFailure):
        gate.execute({"ti": ti})
    assert ti.pushed == {"gate": {"passed": False, "uri": "page"}}


def test_a_gate_without_a_run_says_so() -> None:
    gate = operators.GateOperator(task_id="gate", group="extract", build="None")
    with pytest.raises(failures.ConfigFailure, match="no run was opened"):
        gate.execute({"ti": Ti()})


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
