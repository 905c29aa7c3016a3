"""Operators: the words they send through the seam, and what they make of forms."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace as Some
from typing import Any

import pytest
from airflow.sdk import Asset
from airflow.sdk.exceptions import (
    AirflowSkipException,
    TaskDeferred,
)

from realsyn_airflow import dispatch, failures, links, operators, settings
from realsyn_airflow.opening import OpenOperator
from realsyn_tasks.core.errors import ConfigError


class Ti:
    """As much of a task instance as the operators use."""

    dag_id, run_id, task_id, map_index = "realsyn_build", "manual__1", "open", -1

    def __init__(self, under_way: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.under_way = under_way  # runs, by DAG and id
        self.pushed: dict[str, Any] = {}

    def get_dr_count(self, dag_id: str, run_ids: list[str], states: list[str]) -> int:
        assert states == ["queued", "running"]
        return sum((dag_id, run_id) in self.under_way for run_id in run_ids)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def context(conf: dict[str, Any] | None = None, **more: Any) -> Any:
    """As much of a task's context as operators look at."""
    return {"params": {}, "ti": Ti(), "dag_run": Some(conf=conf or {}), **more}


class Plane:
    """A data plane that notes what it is asked, and gives its answers, the last one for good."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[list[str]] = []

    def call(self, words: Any, context: Any) -> dict[str, Any]:
        self.asked.append(list(words))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


RIVAL = ("realsyn_build", "manual__0")
HELD = {"held_by": {"what": "build.1", "number": 4, "owner": {"dag": RIVAL[0], "run": RIVAL[1]}}}


def opening(plane: Plane, kind: str = "build") -> Any:
    task = OpenOperator(task_id="open", kind=kind)
    task._data_plane = plane  # type: ignore[assignment]
    return task


def test_a_second_run_of_a_build_fails_at_once_and_names_the_first() -> None:
    task = opening(Plane(HELD))
    ti = Ti(under_way=frozenset([RIVAL]))
    with pytest.raises(failures.RivalFailure, match=r"manual__0 .*build\.1") as raised:
        task.execute(context(params={"root": "r", "scale": "1"}, ti=ti))
    assert "/dags/realsyn_build/runs/manual__0" in str(raised.value)
    assert "goes on" in str(raised.value)
    assert failures.RETRY_POLICY.evaluate(raised.value, 1, 3).action.value == "fail"
    link = links.RunAtIt().get_link(task, ti_key=None)
    assert link == "/dags/realsyn_build/runs/manual__0"


def test_what_a_run_held_that_has_ended_is_taken_over() -> None:
    plane = Plane(HELD, {"build": "r/b/1"})
    assert opening(plane).execute(context(params={"root": "r", "scale": "1"})) == "r/b/1"
    claims = [json.loads(words[words.index("--claim") + 1]) for words in plane.asked]
    assert claims == [{"dag": "realsyn_build", "run": "manual__1", "after": n} for n in (0, 4)]


@pytest.mark.parametrize("kind", ["extract", "build"])
def test_an_extract_or_a_part_of_a_build_waits_its_turn(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = {"started_by": {"dag_id": "realsyn_x", "run_id": "r", "task_id": "t"}}
    params = {"root": "r", "scale": "1", "crawl": "c"}
    ti = Ti(under_way=frozenset([RIVAL]))
    told = context(conf if kind == "build" else {}, params=params, ti=ti)
    monkeypatch.setattr("realsyn_airflow.above.require_wanted", lambda context: None)
    task = opening(Plane(HELD), kind)
    with pytest.raises(TaskDeferred) as raised:
        task.execute(told)
    assert raised.value.method_name == "execute_again"
    assert raised.value.trigger.run_id == "manual__0"
    assert raised.value.trigger.enough == []


def test_an_analysis_claims_nothing() -> None:
    plane = Plane({"build": "r/a/1"})
    opening(plane, "analysis").execute(context(params={"version": "v"}))
    assert "--claim" not in plane.asked[0]


def test_what_a_command_failed_with_stays_with_its_task(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Plane):
        def call(self, words: Any, context: Any) -> dict[str, Any]:
            raise failures.PermanentFailure("the input is broken")

    monkeypatch.setitem(dispatch.DATA_PLANES, "process", lambda: Failing({}))
    ti = Ti()
    with pytest.raises(failures.PermanentFailure):
        operators.DataPlaneOperator(task_id="x", words=["summary"]).execute(context(ti=ti))
    assert ti.pushed == {"failure": "the input is broken"}


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


def test_a_crawl_with_nothing_new_is_skipped_and_makes_no_event_of_the_corpus() -> None:
    promote = operators.PromoteOperator(
        task_id="promote", group="extract", build="r/extracts/a", asset=Asset("realsyn_corpus")
    )
    promote._data_plane = Plane({"nothing_new": "no image is new"})  # type: ignore[assignment]
    with pytest.raises(AirflowSkipException, match="no image is new"):
        promote.execute({"ti": Ti(), "outlet_events": None})  # type: ignore[typeddict-item]
