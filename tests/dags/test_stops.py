"""What is stopped from above ends what is beneath it, in Airflow's own database and by its API."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Some
from typing import Any

import pytest
from airflow.api.common.trigger_dag import trigger_dag
from airflow.api_fastapi.core_api.services.public import dag_run as services
from airflow.api_fastapi.core_api.services.public import task_instances
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.dag import DagModel
from airflow.models.dagbag import DBDagBag
from airflow.models.dagrun import DagRun
from airflow.sdk import Asset
from airflow.sdk.api.datamodels._generated import DagRunState
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import select, update

from realsyn_airflow import above, stops
from realsyn_airflow.failures import RETRY_POLICY, StoppedFailure
from realsyn_airflow.operators import PromoteOperator

pytestmark = pytest.mark.usefixtures("stored")
NUMBERS = itertools.count()
FORM = {"root": "/nowhere", "scale": "6", "crawl": "/nowhere/crawl"}


@pytest.fixture
def session() -> Iterator[Any]:
    with create_session(scoped=False) as session:
        yield session


def under_way(session: Any, dag_id: str, conf: dict[str, Any], **states: str) -> DagRun:
    """A run with some of its tasks in states; __ stands for a dot in their names."""
    run_id, triggered_by = f"run-{next(NUMBERS)}", DagRunTriggeredByType.TEST
    trigger_dag(dag_id, run_id=run_id, conf=conf, triggered_by=triggered_by, session=session)
    run = session.scalars(select(DagRun).where(DagRun.run_id == run_id)).one()
    run.state = "running"
    named = {name.replace("__", "."): state for name, state in states.items()}
    for task in run.get_task_instances(session=session):
        if task.task_id in named:
            task.state = named[task.task_id]
    session.commit()
    return run


def build_with_extract(session: Any) -> tuple[DagRun, DagRun]:
    """A build whose box `extract` waits for a run that is at work."""
    build = under_way(session, "realsyn_build", FORM, extract="deferred")
    task = Some(dag_id=build.dag_id, run_id=build.run_id, task_id="extract", map_index=-1)
    conf = {"crawl": "/nowhere/crawl", "root": "/nowhere"} | above.started_by(task)
    return build, under_way(session, "realsyn_extract", conf, open="running")


def mark(session: Any, run: DagRun, state: str) -> None:
    """Do what PATCH dagRuns/{run} does."""
    dag = DBDagBag().get_dag_for_run(run, session=session)
    assert dag is not None
    wanted = services.DagRunMutableStates(state)
    services.patch_dag_run_state(dag=dag, dag_run=run, state=wanted, session=session)
    session.commit()


def mark_task(session: Any, run: DagRun, task_id: str, state: str) -> None:
    """Do what PATCH taskInstances/{task} does."""
    dag = DBDagBag().get_dag_for_run(run, session=session)
    assert dag is not None
    body: Any = Some(map_index=None, **dict.fromkeys(INCLUDED, False))
    task_instances._patch_task_instance_state(
        task_id, run.run_id, dag, body, {"new_state": state}, session
    )
    session.commit()


INCLUDED = ("include_upstream", "include_downstream", "include_future", "include_past")


def states(run: DagRun, session: Any) -> dict[str, str]:
    return {task.task_id: str(task.state) for task in run.get_task_instances(session=session)}


@pytest.mark.parametrize("state", ["failed", "success"])
def test_marking_a_build_ends_the_run_behind_its_box(session: Any, state: str) -> None:
    build, extract = build_with_extract(session)
    other = under_way(session, "realsyn_extract", {"crawl": "/x"}, open="running")
    mark(session, build, state)
    assert extract.state == "failed"
    assert states(extract, session)["open"] == "failed", "its process is killed by its supervisor"
    assert set(states(extract, session).values()) == {"failed", "upstream_failed"}, (
        "nothing starts any more"
    )
    assert extract.note.startswith("Stopped with ")
    assert f"/dags/realsyn_build/runs/{build.run_id}" in extract.note
    assert other.state == "running", "what nobody stopped goes on"


def test_a_scheduler_that_looks_in_that_moment_takes_nothing_stopped_for_done(session: Any) -> None:
    """Its copy of the run is from before, and what it sets counts."""
    build, extract = build_with_extract(session)
    mark(session, build, "failed")
    for run in (build, extract):
        run.state = "running"
        run.dag = DBDagBag().get_dag_for_run(run, session=session)
        run.update_state(session=session)
        assert run.state == "failed"


def test_a_run_that_is_stopped_while_the_scheduler_starts_it_fails_at_the_next_look(
    session: Any, monkeypatch: Any
) -> None:
    """On SQLite, which locks no rows, it is under way again until then."""
    build, extract = build_with_extract(session)
    extract.state, extract.run_after = "queued", NOON
    session.execute(update(DagModel).values(is_paused=False).filter_by(dag_id=extract.dag_id))
    session.commit()
    read = DagRun.get_queued_dag_runs_to_set_running

    def read_before_the_stop(scheduler: Any) -> list[DagRun]:
        found = list(read(scheduler))
        mark(session, build, "failed")
        return found

    monkeypatch.setattr(DagRun, read.__name__, read_before_the_stop)
    with create_session(scoped=False) as own:
        scheduler = SchedulerJobRunner(job=Job())
        scheduler._start_queued_dagruns(own)
    session.refresh(extract)
    assert extract.state == "running"
    scheduler._schedule_dag_run(extract, session=session)
    assert extract.state == "failed"


@pytest.mark.parametrize("state", ["failed", "success"])
def test_marking_a_box_ends_the_run_behind_it(session: Any, state: str) -> None:
    build, extract = build_with_extract(session)
    mark_task(session, build, "retrieve", "failed")
    assert extract.state == "running", "that was another box"
    mark_task(session, build, "extract", state)
    assert extract.state == "failed"


def test_a_build_that_the_scheduler_finds_failed_leaves_nothing_under_way(session: Any) -> None:
    build, extract = build_with_extract(session)
    for task in build.get_task_instances(session=session):
        task.state = "failed" if task.task_id == "summary" else "upstream_failed"
    build.dag = DBDagBag().get_dag_for_run(build, session=session)
    build.update_state(session=session)
    session.commit()
    assert (build.state, extract.state) == ("failed", "failed")


def test_what_cannot_be_ended_is_named_and_linked(session: Any, monkeypatch: Any) -> None:
    build, extract = build_with_extract(session)

    def fail(*args: Any) -> None:
        raise LookupError("no such DAG any more")

    monkeypatch.setattr(stops, "_end", fail)
    mark(session, build, "failed")
    assert build.state == "failed"
    assert build.note.startswith("Not ended: ")
    assert f"/dags/realsyn_extract/runs/{extract.run_id}" in build.note


def test_a_worker_that_reports_its_own_task_ends_nothing() -> None:
    ti = Some(dag_id="realsyn_build", task_id="extract", map_index=-1)
    stops.on_task_instance_failed(previous_state=None, task_instance=ti, error=None)


def test_a_run_whose_id_tells_nothing_has_a_note_of_what_it_is_about(session: Any) -> None:
    build, extract = build_with_extract(session)
    build.notify_dagrun_state_changed(msg="started")
    session.commit()
    assert build.note == "6, crawl"
    told = Some(dag_id=extract.dag_id, run_id="crawl__build__1", conf=extract.conf, note=None)
    stops.on_dag_run_running(dag_run=told, msg="started")
    assert told.note is None


# --- what is beneath asks for itself ---

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def promoting(monkeypatch: Any, run: Any, cleared: int = 0) -> Any:
    """Promote in a run that began at noon, beneath another."""
    monkeypatch.setattr(above, "_run", lambda task: run)
    task = PromoteOperator(task_id="promote", group="extract", build="uri", asset=Asset("x"))
    calls: list[Any] = []
    task._data_plane = Some(call=lambda words, context: calls.append(words) or {})  # type: ignore[assignment]
    starter = above.started_by(Some(dag_id="realsyn_build", run_id="r", task_id="b", map_index=-1))
    events: Any = {task.asset: Some()}
    own = Some(conf=starter, start_date=NOON, clear_number=cleared)
    context: Any = {"dag_run": own, "outlet_events": events}
    task.execute(context)
    return calls


@pytest.mark.parametrize("state", ["failed", "success"])
def test_nothing_is_promoted_once_the_run_above_was_stopped(monkeypatch: Any, state: str) -> None:
    run = Some(state=DagRunState(state), end_date=NOON + HOUR)
    with pytest.raises(StoppedFailure, match=rf"run r of realsyn_build.* is {state}") as raised:
        promoting(monkeypatch, run)
    assert RETRY_POLICY.evaluate(raised.value, 1, 3).action.value == "fail"


def test_what_was_triggered_in_the_moment_of_a_stop_promotes_nothing(monkeypatch: Any) -> None:
    ended = Some(state=DagRunState.FAILED, end_date=NOON - timedelta(seconds=4))
    with pytest.raises(StoppedFailure, match="is failed"):
        promoting(monkeypatch, ended)


def test_nothing_is_promoted_beneath_a_run_that_was_deleted(monkeypatch: Any) -> None:
    with pytest.raises(StoppedFailure, match="is gone"):
        promoting(monkeypatch, None)


def test_a_run_that_was_cleared_after_its_run_above_had_ended_is_promoted(monkeypatch: Any) -> None:
    ended = Some(state=DagRunState.FAILED, end_date=NOON - HOUR)
    assert promoting(monkeypatch, ended, cleared=1) == [["promote", "extract", "--build", "uri"]]
    assert promoting(monkeypatch, Some(state=DagRunState.RUNNING, end_date=None))
