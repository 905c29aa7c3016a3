"""Boxes: what they start and wait for, and what they say where it fails."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace as Some
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred
from airflow.triggers.base import TaskSuccessEvent

from realsyn_airflow import boxes, failures, links, run_trigger
from realsyn_airflow.boxes import RunGroupOperator
from realsyn_airflow.run_trigger import RunTrigger

CHILD = "c__build__manual__1"


class Ti:
    """As much of a task instance as boxes use, over runs whose state is given."""

    dag_id, run_id, task_id, map_index = "realsyn_build", "manual__1", "extract", -1

    def __init__(self, state: str = "none", failed: dict[str, str] | None = None) -> None:
        self.state = state  # of the run behind the box
        self.failed = failed or {}  # its failed tasks, with what each said
        self.pushed: dict[str, Any] = {}

    def get_dr_count(self, dag_id: str, run_ids: list[str], states: list[str] | None = None) -> int:
        assert (dag_id, run_ids) == ("realsyn_extract", [CHILD])
        return int(self.state != "none" if states is None else self.state in states)

    def get_task_breadcrumbs(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        assert (dag_id, run_id) == ("realsyn_extract", CHILD)
        failed = [{"task_id": t, "map_index": -1, "state": "failed"} for t in self.failed]
        return [{"task_id": "open", "map_index": -1, "state": "success"}, *failed]

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def xcom_pull(self, task_ids: str, key: str, **where: Any) -> Any:
        return CHILD if key == "trigger_run_id" else self.failed[task_ids] or None


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The runs that boxes start."""
    runs: list[Any] = []
    monkeypatch.setattr(boxes, "_start", lambda *run: runs.append(run))
    return runs


def box(**more: Any) -> RunGroupOperator:
    return RunGroupOperator(
        task_id="extract",
        group="extract",
        passing=("root", "crawl", "approval"),
        fields={"format": "warc"},
        unless_empty="crawl",
        **more,
    )


def execute(params: dict[str, Any], ti: Ti, **more: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as raised:
        box(**more).execute({"params": params, "ti": ti})  # type: ignore[typeddict-item]
    return raised.value


def test_a_box_starts_its_one_run_named_by_what_it_is_about(started: list[Any]) -> None:
    ti = Ti()
    execute({"crawl": "s3://b/c/", "root": "/r", "approval": True, "seed": 1}, ti)
    [(dag_id, run_id, form, again)] = started
    assert (dag_id, run_id, again) == ("realsyn_extract", CHILD, False)
    above = form.pop("started_by")
    assert above == {"dag_id": "realsyn_build", "run_id": "manual__1", "task_id": "extract"} | {
        "map_index": -1
    }
    assert form == {"root": "/r", "crawl": "s3://b/c/", "approval": True, "format": "warc"}
    assert ti.pushed == {"trigger_run_id": CHILD}


def test_a_waiting_box_holds_no_worker(started: list[Any]) -> None:
    deferred = execute({"crawl": "c"}, Ti())
    assert isinstance(deferred.trigger, RunTrigger)
    assert deferred.timeout == boxes.WAIT_TIMEOUT
    path, arguments = deferred.trigger.serialize()
    assert path == "realsyn_airflow.run_trigger.RunTrigger"
    assert arguments == {"dag_id": "realsyn_extract", "run_id": CHILD, "enough": ["success"]}
    may_fail = execute({"crawl": "c"}, Ti(), may_fail=True)
    assert may_fail.trigger.enough == ["success", "failed"]


def test_a_box_joins_a_run_that_is_under_way(started: list[Any]) -> None:
    execute({"crawl": "c"}, Ti("running"))
    assert started == []
    execute({"crawl": "c"}, Ti("failed"))
    assert [again for *_, again in started] == [True], "one that has ended is cleared"


def test_a_box_without_its_param_or_with_nothing_left_to_do_is_skipped() -> None:
    with pytest.raises(AirflowSkipException, match="names no crawl"):
        box().execute({"params": {"crawl": ""}, "ti": Ti()})  # type: ignore[typeddict-item]
    with pytest.raises(AirflowSkipException, match="nothing is left"):
        box(done="retrieve,extract").execute({"params": {"crawl": "c"}, "ti": Ti()})  # type: ignore[typeddict-item]


def test_a_box_says_why_its_run_failed() -> None:
    task, ti = box(), Ti("failed", {"gate": "images.kept: expected 10, got 3", "open": ""})
    with pytest.raises(failures.ChildFailure) as raised:
        task.execute_complete({"ti": ti}, {"state": "failed"})  # type: ignore[typeddict-item]
    said = str(raised.value)
    assert f"/dags/realsyn_extract/runs/{CHILD}\n" in said
    assert "gate: images.kept: expected 10, got 3" in said
    assert f"/realsyn/pages/realsyn_extract/{CHILD}/gate" in said
    assert "open" not in said, "it said nothing"
    assert failures.RETRY_POLICY.evaluate(raised.value, 1, 3).action.value == "fail"
    assert ti.pushed == {"failure": said}, "a box may be in a run behind another box"


def test_what_failed_first_is_told_first_and_what_was_killed_has_its_log() -> None:
    ti = Ti("failed", {"gate": "not all done", "stages.parse": "no memory", "open": ""})
    said = list(boxes.words_of_failure(ti, "realsyn_extract", CHILD))
    assert [line for line in said if not line.startswith(" ")] == [
        "parse: no memory",
        "gate: not all done",
    ]
    [words, log] = boxes.words_of_failure(Ti("failed", {"open": ""}), "realsyn_extract", CHILD)
    assert words.startswith("open: it was stopped, or ended without a word")
    assert log.endswith(f"/runs/{CHILD}/tasks/open")


def test_a_box_leads_to_its_run_and_to_that_runs_gate() -> None:
    task = box()
    assert links.GroupGate().get_link(task, ti_key=None) == ""
    task.trigger_run_id = CHILD
    assert links.GroupRun().get_link(task, ti_key=None) == f"/dags/realsyn_extract/runs/{CHILD}"
    page = links.GroupGate().get_link(task, ti_key=None)
    assert page == f"/realsyn/pages/realsyn_extract/{CHILD}/gate"
    task.group = "build"
    assert links.GroupGate().get_link(task, ti_key=None) == "", "a build has no gate of its own"


@pytest.mark.parametrize(("state", "words"), [("failed", "stopped"), ("gone", "is gone")])
def test_a_run_that_was_stopped_or_deleted_is_told_as_such(state: str, words: str) -> None:
    with pytest.raises(failures.ChildFailure, match=words):
        box().execute_complete({"ti": Ti(state)}, {"state": state})  # type: ignore[typeddict-item]
    box(may_fail=True).execute_complete({"ti": Ti("failed")}, "failed")  # type: ignore[typeddict-item]


class Runs:
    """States of a run, one for each look; what a trigger asks in place of Airflow."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)

    def get_dr_count(self, dag_id: str, run_ids: list[str], states: list[str]) -> int:
        now = self.states[0]
        if "queued" in states and len(self.states) > 1:
            self.states.pop(0)
        return int(now in states)


def fired(monkeypatch: pytest.MonkeyPatch, runs: Runs, enough: list[str]) -> Any:
    task = "airflow.sdk.execution_time.task_runner.RuntimeTaskInstance"
    monkeypatch.setattr(task, Some(get_dr_count=runs.get_dr_count))
    monkeypatch.setattr(run_trigger, "POLL", 0)

    async def first() -> Any:
        return await anext(RunTrigger("d", "r", enough).run())

    return asyncio.run(first())


def test_a_run_that_ends_well_ends_its_box_without_a_worker(monkeypatch: Any) -> None:
    event = fired(monkeypatch, Runs("queued", "running", "success"), ["success"])
    assert isinstance(event, TaskSuccessEvent)


@pytest.mark.parametrize("state", ["failed", "gone"])
def test_a_box_is_woken_only_after_its_process_is_surely_gone(monkeypatch: Any, state: str) -> None:
    monkeypatch.setattr(run_trigger, "PAUSE", 0.2)
    started = time.monotonic()
    event = fired(monkeypatch, Runs("running", state), ["success"])
    assert event.payload == {"state": state}
    assert time.monotonic() - started >= 0.2
