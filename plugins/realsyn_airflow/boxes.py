"""Boxes: a task for a whole run of another DAG, which it starts, waits for, and speaks for.

A box waits in the triggerer and holds no slot meanwhile. Where its run fails, it says why in that
run's own words. What ends a run whose box was stopped is in realsyn_airflow.stops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk.exceptions import AirflowSkipException

from realsyn_airflow import above
from realsyn_airflow.dispatch import telling
from realsyn_airflow.failures import FAILURE, ChildFailure
from realsyn_airflow.links import GroupGate, GroupRun, address, page_path
from realsyn_airflow.names import about, triggered_run_id
from realsyn_airflow.run_trigger import RunTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

WAIT_TIMEOUT = timedelta(days=60)  # of a whole stage group, however large
SHOWN = 3  # failed tasks of a run whose words are shown
STEPS = ("open", "plan", "stages", "gate", "approval", "promote")  # of a group's run, in order
Failed = above.Task


class RunGroupOperator(TriggerDagRunOperator):
    """Runs the DAG of a stage group and waits for it.

    `passing` names the params that are handed on as they are, `fields` gives others by template.
    Without the param `unless_empty`, or where `done` (groups, parted by commas) names it, the group
    is skipped. Where it `may_fail`, what comes after goes on all the same. There is one run behind
    each box of a build: run again, the box waits for it if it is still under way (after a crash),
    else clears it.
    """

    template_fields: Sequence[str] = ("fields", "done")
    operator_extra_links = [GroupRun(), GroupGate()]  # noqa: RUF012  # as its parent has them
    ui_color = "#dbe9f6"

    def __init__(
        self,
        *,
        group: str,
        passing: Sequence[str] = ("approval", "on_gate_failure"),
        fields: Mapping[str, str] | None = None,
        unless_empty: str = "",
        done: str = "",
        may_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs["execution_timeout"] = WAIT_TIMEOUT
        super().__init__(trigger_dag_id=f"realsyn_{group}", deferrable=True, **kwargs)
        self.passing = passing
        self.fields = fields or {}
        self.unless_empty = unless_empty
        self.group = group
        self.done = done
        self.may_fail = may_fail

    def execute(self, context: Context) -> None:
        """Start the group's run, unless it is under way, and wait for it."""
        params, ti = context["params"], context["ti"]
        if self.unless_empty and not params.get(self.unless_empty):
            raise AirflowSkipException(f"the form names no {self.unless_empty}")
        if self.group in self.done.split(","):
            raise AirflowSkipException("nothing is left to do: it is there, gated and promoted")
        form = {name: params[name] for name in self.passing if name in params} | dict(self.fields)
        self.trigger_run_id = triggered_run_id(ti.dag_id, ti.run_id, ti.map_index, about(form))
        if self._is_in(ti, *above.UNDER_WAY):
            self.log.info("run %s is under way; waiting for it", self._address())
        else:
            again = bool(ti.get_dr_count(self.trigger_dag_id, run_ids=[self.trigger_run_id]))
            _start(self.trigger_dag_id, self.trigger_run_id, form | above.started_by(ti), again)
            self.log.info("started %s", self._address())
        ti.xcom_push(key="trigger_run_id", value=self.trigger_run_id)
        enough = ("success", "failed") if self.may_fail else ("success",)
        self.defer(
            trigger=RunTrigger(self.trigger_dag_id, self.trigger_run_id, enough),
            method_name="execute_complete",
            timeout=WAIT_TIMEOUT,
        )

    def execute_complete(self, context: Context, event: Any) -> None:
        """Go on once the run has ended; ChildFailure that says why it failed."""
        with telling(context):
            self._judge(context["ti"])

    def _judge(self, ti: Any) -> None:
        self.trigger_run_id = str(ti.xcom_pull(task_ids=ti.task_id, key="trigger_run_id"))
        if self._is_in(ti, "success") or self.may_fail:
            return
        if not self._is_in(ti, "failed"):
            raise ChildFailure(f"run {self.trigger_run_id} of {self.trigger_dag_id} is gone")
        said = "\n".join(words_of_failure(ti, self.trigger_dag_id, self.trigger_run_id))
        raise ChildFailure(f"{self.trigger_dag_id} failed: {self._address()}\n{said}")

    def _is_in(self, ti: Any, *states: str) -> bool:
        run_ids = [self.trigger_run_id]
        return bool(ti.get_dr_count(self.trigger_dag_id, run_ids=run_ids, states=[*states]))

    def _address(self) -> str:
        return above.run_address(self.trigger_dag_id, str(self.trigger_run_id))


def _start(dag_id: str, run_id: str, form: dict[str, Any], again: bool) -> None:
    """Start a run, or clear the one of this name.

    A new one is not to be cleared, though the client asks twice where the server is slow.
    """
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import TriggerDagRun

    asked = TriggerDagRun(dag_id=dag_id, run_id=run_id, conf=form, reset_dag_run=again)
    task_runner.SUPERVISOR_COMMS.send(asked)


def words_of_failure(ti: Any, dag_id: str, run_id: str) -> Iterator[str]:
    """Say of a run's failed tasks what each said, and where its log and its page are.

    Those that said nothing failed with the others, and count only where there are no others.
    """
    crumbs = [c for c in ti.get_task_breadcrumbs(dag_id, run_id) if c["state"] == "failed"]
    failed = [Failed(dag_id, run_id, c["task_id"], c["map_index"]) for c in crumbs]
    said = {task: _said(ti, task) for task in sorted(failed, key=_step)}
    telling = [task for task, words in said.items() if words] or list(said)
    if not telling:
        yield "None of its tasks failed: it was stopped."
    for task in telling[:SHOWN]:
        yield from _words(task, said[task])
    if len(telling) > SHOWN:
        yield f"... and {len(telling) - SHOWN} more failed tasks"


def _step(task: Failed) -> int:
    first = task.task_id.partition(".")[0]
    return STEPS.index(first) if first in STEPS else len(STEPS)


def _said(ti: Any, task: Failed) -> str:
    where = {"dag_id": task.dag_id, "run_id": task.run_id, "map_indexes": task.map_index}
    return str(ti.xcom_pull(task_ids=task.task_id, key=FAILURE, **where) or "")


def _words(task: Failed, said: str) -> Iterator[str]:
    name = task.task_id.rpartition(".")[2] + (f" [{task.map_index}]" * (task.map_index >= 0))
    yield f"{name}: {said or 'it was stopped, or ended without a word; its log may tell'}"
    place = f"{above.run_address(task.dag_id, task.run_id)}/tasks/{task.task_id}"
    yield f"  its log: {place}" + f"/mapped/{task.map_index}" * (task.map_index >= 0)
    if task.task_id == "gate":
        yield f"  its page: {address(page_path(*task[:3]))}"
