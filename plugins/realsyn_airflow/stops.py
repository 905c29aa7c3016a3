"""What is stopped from above ends what is beneath it: a listener to the ends of runs and boxes.

It also notes what runs are about as they start.

Airflow calls it where it has its database: in the API server, where people mark runs and tasks, and
in the scheduler, where runs time out. (Workers call it too, of their own task: that is passed by.)
A run beneath that cannot be ended is named in a note on the run above, with its address; it ends at
its next step all the same, for it asks itself whether it is still wanted (realsyn_airflow.above).

Airflow skips what a stopped run has not begun. Where the scheduler is looking at the run in that
very moment, it sees a run of which all that was left was skipped, and calls it a success. So these
tasks are called upstream_failed: then it failed, whoever looks, and clearing what failed clears
them too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from realsyn_airflow.names import subject

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

OURS = "realsyn_"
NOTE = 1000  # characters that a note may have
TASK_ROW = "airflow.models.taskinstance"  # the module of a task that comes with its database
BY_HAND = "manually"  # in what Airflow says of a run that a person has marked


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:
    """Note what a run is about, where its id does not say it: Airflow's form names none."""
    about = subject(dag_run.conf) if isinstance(dag_run.conf, Mapping) else ""
    if dag_run.dag_id.startswith(OURS) and about not in dag_run.run_id and not dag_run.note:
        dag_run.note = (about.replace("__", ", "), None)


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """End what a failed run has left under way."""
    if BY_HAND in msg and dag_run.dag_id.startswith(OURS):
        _fail_what_never_began(dag_run)
    _after_run(dag_run)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """End what a run that was marked as success has left under way."""
    _after_run(dag_run)


@hookimpl
def on_task_instance_failed(previous_state: Any, task_instance: Any, error: Any) -> None:
    """End the run behind a box that was marked as failed."""
    _after_task(task_instance)


@hookimpl
def on_task_instance_success(previous_state: Any, task_instance: Any) -> None:
    """End the run behind a box that was marked as success."""
    _after_task(task_instance)


@hookimpl
def on_task_instance_skipped(previous_state: Any, task_instance: Any) -> None:
    """End the run behind a box that was marked as skipped."""
    _after_task(task_instance)


def _after_run(dag_run: Any) -> None:
    if dag_run.dag_id.startswith(OURS):
        _end_beneath(dag_run, lambda task: True)


def _after_task(task: Any) -> None:
    if type(task).__module__ != TASK_ROW or not task.dag_id.startswith(OURS):
        return
    box = (task.task_id, task.map_index)
    _end_beneath(task.dag_run, lambda starter: (starter.task_id, starter.map_index) == box)


def _end_beneath(run: DagRun, is_meant: Any) -> None:
    from sqlalchemy.orm import object_session

    session = object_session(run)
    if session is None:
        return
    for child, starter in _beneath(run, session):
        if is_meant(starter):
            try:
                _end(child, run, session)
            except Exception as error:  # the stop of the run above must not fail with it
                log.exception("run %s of %s cannot be ended", child.run_id, child.dag_id)
                _note(run, f"Not ended: {_address(child)} ({error})")


def _beneath(run: DagRun, session: Session) -> Iterator[tuple[DagRun, Any]]:
    """Give the runs under way that tasks of a run have triggered, each with its task."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    from realsyn_airflow.above import UNDER_WAY, starter

    query = select(DagRun).where(DagRun.dag_id.startswith(OURS), DagRun.state.in_(UNDER_WAY))
    for child in session.scalars(query).all():
        task = starter(child.conf)
        if task and (task.dag_id, task.run_id) == (run.dag_id, run.run_id):
            yield child, task


def _end(child: DagRun, run: DagRun, session: Session) -> None:
    """Fail a run: its processes are ended by their supervisors, its pods by the triggerer."""
    from airflow.api.common.mark_tasks import set_dag_run_state_to_failed
    from airflow.models.dagbag import DBDagBag

    dag = DBDagBag().get_dag_for_run(child, session=session)
    if dag is None:
        raise LookupError(f"{child.dag_id} is not known any more")
    _end_beneath(child, lambda task: True)
    set_dag_run_state_to_failed(dag=dag, run_id=child.run_id, commit=True, session=session)
    _fail_what_never_began(child)
    _note(child, f"Stopped with {_address(run)}")
    log.info("ended run %s of %s with %s", child.run_id, child.dag_id, run.run_id)


def _fail_what_never_began(run: DagRun) -> None:
    """Call tasks upstream_failed that were skipped as their run was stopped."""
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy.orm import object_session

    if session := object_session(run):
        for task in run.get_task_instances(state=[TaskInstanceState.SKIPPED], session=session):
            if task.start_date == task.end_date:
                task.state = TaskInstanceState.UPSTREAM_FAILED


def _note(run: DagRun, text: str) -> None:
    lines = dict.fromkeys([*(run.note or "").splitlines(), text])
    content = "\n".join(lines)[-NOTE:]
    if run.dag_run_note is None:
        run.note = (content, None)
    else:
        run.dag_run_note.content = content


def _address(run: DagRun) -> str:
    from realsyn_airflow.above import run_address

    return run_address(run.dag_id, run.run_id)
