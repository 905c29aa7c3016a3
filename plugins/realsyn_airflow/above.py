"""The run above a run: the task that triggered it, and whether that still wants it.

A box leaves its own name in the conf of the run it triggers (names.STARTED_BY). What is stopped
above ends what is beneath (realsyn_airflow.stops); here what is beneath asks for itself, for it may
have been triggered in the very moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from realsyn_airflow.failures import StoppedFailure
from realsyn_airflow.links import address, run_path
from realsyn_airflow.names import STARTED_BY

UNDER_WAY = ("queued", "running")


class Task(NamedTuple):
    """A task of a run."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1


def started_by(ti: Any) -> dict[str, Any]:
    """Give what a triggered run's conf says of the task that triggers it."""
    task = Task(ti.dag_id, ti.run_id, ti.task_id, -1 if ti.map_index is None else ti.map_index)
    return {STARTED_BY: task._asdict()}


def starter(form: Any) -> Task | None:
    """Give the task that triggered a run, by the run's conf; None if people did, or a schedule."""
    said = form.get(STARTED_BY) if isinstance(form, Mapping) else None
    if not isinstance(said, Mapping) or not {"dag_id", "run_id", "task_id"} <= set(said):
        return None
    return Task(**{name: said[name] for name in Task._fields if name in said})


def require_wanted(context: Any) -> None:
    """Raise StoppedFailure if the run above was stopped while this run was under way, or before.

    A run that somebody cleared after its run above had ended is wanted for itself. One that only
    began after that is not: it was triggered in the moment of the stop.
    """
    own = context.get("dag_run")
    above = starter(getattr(own, "conf", None))
    if above is None:
        return
    run = _run(above)
    state, ended = (run.state.value, run.end_date) if run else ("gone", None)
    cleared = own.clear_number and own.start_date and ended and own.start_date > ended
    if state in UNDER_WAY or cleared:
        return
    raise StoppedFailure(
        f"run {above.run_id} of {above.dag_id}, which this run is a part of, is {state}, so nothing"
        f" is done for it: {run_address(above.dag_id, above.run_id)}\nTo go on, clear its task"
        f" {above.task_id}; to do this run alone, clear this task."
    )


def run_address(dag_id: str, run_id: str) -> str:
    """Give the address of a run's page, for texts."""
    return address(run_path(dag_id, run_id))


def _run(above: Task) -> Any:
    """Ask for the run above; None if there is none any more."""
    from airflow.sdk.exceptions import AirflowRuntimeError
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import GetDagRun

    try:
        return task_runner.SUPERVISOR_COMMS.send(
            GetDagRun(dag_id=above.dag_id, run_id=above.run_id)
        )
    except AirflowRuntimeError as error:
        if (error.error.detail or {}).get("status_code") == 404:
            return None
        raise
