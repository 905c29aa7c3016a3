"""Operators: one call of the data plane each, and nothing that a shell could not do."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Asset, BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from airflow.sdk.execution_time.xcom import XCom

from realsyn_airflow import lineage
from realsyn_airflow.dispatch import DataPlane, data_plane
from realsyn_airflow.failures import ConfigFailure, DataPlaneFailure, GateFailure
from realsyn_airflow.links import DatasetReport, GatePage
from realsyn_airflow.names import triggered_run_id
from realsyn_tasks.stages import PIPELINE

if TYPE_CHECKING:
    from airflow.sdk import Context

RESULT = "return_value"
POLL = 1  # seconds between looks at a run that is waited for
WAIT_TIMEOUT = timedelta(days=60)  # of a whole stage group, however large


class DataPlaneOperator(lineage.Lineage, BaseOperator):
    """Runs one data-plane command and returns its result; killing the task kills the command."""

    template_fields: Sequence[str] = ("words",)
    ui_color = "#e8f3ec"

    def __init__(self, *, words: Sequence[str], pool: str = "cpu", **kwargs: Any) -> None:
        super().__init__(pool=pool, **kwargs)
        self.words = words
        self._data_plane: DataPlane | None = None

    def data_plane(self) -> DataPlane:
        """Give the data plane, the same for `execute` and `on_kill`."""
        if self._data_plane is None:
            self._data_plane = data_plane()
        return self._data_plane

    def execute(self, context: Context) -> Any:
        """Run the command."""
        self.result = self.data_plane().call(self.words, context)
        return self.result

    def on_kill(self) -> None:
        """End the command with its task."""
        if self._data_plane is not None:
            self._data_plane.stop()


class ListOperator(DataPlaneOperator):
    """Returns one list of a command's result, for others to map over."""

    def __init__(self, *, key: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.key = key

    def execute(self, context: Context) -> list[Any]:
        """Run the command and pick the list."""
        return list(super().execute(context)[self.key])


class BuildsOperator(DataPlaneOperator):
    """Runs one command for all builds that were opened, or for all but the first."""

    template_fields: Sequence[str] = ("builds",)

    def __init__(self, *, command: str, builds: Any, others: bool = False, **kwargs: Any) -> None:
        super().__init__(words=(), **kwargs)
        self.command = command
        self.builds = builds  # as OpenBuildsOperator gives them
        self.others = others

    def execute(self, context: Context) -> Any:
        """Run the command; skipped where there is no other build."""
        uris = [each["build"] for each in self.builds][1 if self.others else 0 :]
        if not uris:
            raise AirflowSkipException("there is one build only")
        self.words = [self.command, *(word for uri in uris for word in ("--build", uri))]
        return super().execute(context)


class PlanOperator(DataPlaneOperator):
    """Works out what is left to do in a stage group: {stage: [batch, ...]}.

    One process plans for all stages, yet each stage maps over a list of its own: the list is left
    with the stage's BatchesOperator, as if that had returned it.
    """

    ui_color = "#f4ecd8"

    def __init__(self, *, group: str, build: str, lists: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(words=["batches", group, "--build", build], **kwargs)
        self.group = group
        self.lists = lists  # stage -> id of the task that stands for its list

    def execute(self, context: Context) -> dict[str, list[int]]:
        """Plan the group."""
        planned = super().execute(context)
        plan = {stage: planned.get(stage, []) for stage in self.lists}
        ti = context["ti"]
        for stage, batches in plan.items():
            XCom.set(
                RESULT,
                batches,
                dag_id=ti.dag_id,
                task_id=self.lists[stage],
                run_id=ti.run_id,
                _mapped_length=len(batches),
            )
        return plan


class BatchesOperator(EmptyOperator):
    """Stands for the batches of one stage, which the plan has left here.

    Being an EmptyOperator, the scheduler passes it at no cost; where it is run nevertheless, it
    takes the list from the plan.
    """

    ui_color = "#f4ecd8"

    def __init__(self, *, stage: str, plan: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage = stage
        self.plan = plan

    def execute(self, context: Context) -> list[int]:
        """Give the stage's part of the plan."""
        batches: list[int] = context["ti"].xcom_pull(task_ids=self.plan)[self.stage]
        return batches


class ShardBatchOperator(DataPlaneOperator):
    """Runs one batch of shards of one stage; the profile says where."""

    template_fields: Sequence[str] = ("build",)
    ui_color = "#dbe9f6"

    def __init__(self, *, stage: str, build: str, batch: int, **kwargs: Any) -> None:
        super().__init__(words=(), **kwargs)
        self.stage = stage
        self.build = build
        self.batch = batch

    def execute(self, context: Context) -> dict[str, Any]:
        """Run the batch; what is committed already is left alone."""
        return self.data_plane().start(self._command(), context)

    def trigger_reentry(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Go on where the task was put aside; KubernetesPodOperator's name for it."""
        return self.data_plane().resume(self._command(), context, event)

    def way(self) -> lineage.Way:
        """Tell what the stage reads and writes."""
        return lineage.of_stage(self.stage, self.build)

    def _command(self) -> list[str]:
        return ["run", self.stage, "--build", self.build, "--batch", str(self.batch)]


class GateOperator(DataPlaneOperator):
    """Checks a stage group's output; fails with what was expected and what was seen."""

    ui_color = "#fbe3d6"
    operator_extra_links = (GatePage(),)

    def __init__(self, *, group: str, build: str, **kwargs: Any) -> None:
        super().__init__(words=["gate", group, "--build", build], **kwargs)
        self.group = group

    def way(self) -> lineage.Way:
        """Tell what is checked."""
        return lineage.of_gate(self.group, self.words[-1])

    def execute(self, context: Context) -> dict[str, Any]:
        """Run the gate. Its result is kept in the UI, whether it passes or not."""
        if self.words[-1] == "None":
            raise ConfigFailure("there is nothing to check: no run was opened")
        try:
            verdict: dict[str, Any] = super().execute(context)
        except DataPlaneFailure as failure:
            if isinstance(failure, GateFailure):
                context["ti"].xcom_push("gate", failure.result)
            raise
        return verdict


class ApprovalStep(ApprovalOperator):
    """Asks a person before promotion, where the form or the profile wants that."""

    def execute(self, context: Context) -> Any:
        """Wait for the person, or pass at once."""
        if not context["params"].get("approval"):
            self.log.info("approval is off for this run")
            return None
        return super().execute(context)


class PromoteOperator(DataPlaneOperator):
    """Makes gated output visible, and says so by an asset event."""

    ui_color = "#e6e0f3"

    def __init__(self, *, group: str, build: str, asset: Asset, **kwargs: Any) -> None:
        super().__init__(words=["promote", group, "--build", build], outlets=[asset], **kwargs)
        self.asset = asset
        self.group = group
        if PIPELINE.group(group).makes == "datasets":
            self.operator_extra_links = (DatasetReport(),)

    def way(self) -> lineage.Way:
        """Tell what becomes visible, and where."""
        return lineage.of_promotion(self.group, self.words[-1], self.result)

    def execute(self, context: Context) -> dict[str, Any]:
        """Promote the group."""
        promoted: dict[str, Any] = super().execute(context)
        context["outlet_events"][self.asset].extra = {"build": self.words[-1], **promoted}
        return promoted


class RunGroupOperator(TriggerDagRunOperator):
    """Runs the DAG of a stage group and waits for it.

    `passing` names the params that are handed on as they are, `fields` gives others by template.
    Without the param `unless_empty`, or where `done` (groups, parted by commas) names it, the group
    is skipped. Where it `may_fail`, what comes after goes on all the same. There is one run behind
    each box of a build: run again, the box waits for it if it is still under way (after a crash),
    else clears it.
    """

    template_fields: Sequence[str] = (*TriggerDagRunOperator.template_fields, "fields", "done")
    ui_color = "#dbe9f6"

    def __init__(
        self,
        *,
        group: str,
        passing: Sequence[str] = ("approval",),
        fields: Mapping[str, str] | None = None,
        unless_empty: str = "",
        done: str = "",
        may_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs["execution_timeout"] = WAIT_TIMEOUT
        if may_fail:
            kwargs |= {"allowed_states": ["success", "failed"], "failed_states": []}
        super().__init__(
            trigger_dag_id=f"realsyn_{group}",
            wait_for_completion=True,
            poke_interval=POLL,
            logical_date=None,
            reset_dag_run=True,
            **kwargs,
        )
        self.passing = passing
        self.fields = fields or {}
        self.unless_empty = unless_empty
        self.group = group
        self.done = done
        self.may_fail = may_fail

    def execute(self, context: Context) -> None:
        """Trigger the group's DAG."""
        params = context["params"]
        if self.unless_empty and not params.get(self.unless_empty):
            raise AirflowSkipException(f"the form names no {self.unless_empty}")
        if self.group in self.done.split(","):
            raise AirflowSkipException("nothing is left to do: it is there, gated and promoted")
        self.conf = {name: params[name] for name in self.passing if name in params}
        self.conf |= dict(self.fields)
        ti = context["ti"]
        self.trigger_run_id = triggered_run_id(ti.dag_id, ti.run_id, ti.map_index)
        if not self._joined(ti):
            super().execute(context)

    def _joined(self, ti: Any) -> bool:
        """Wait for the run if it is under way already; False if it is not."""

        def is_in(*states: str) -> bool:
            run_ids = [self.trigger_run_id]
            return bool(ti.get_dr_count(self.trigger_dag_id, run_ids=run_ids, states=[*states]))

        if not is_in("queued", "running"):
            return False
        self.log.info("run %s is under way; waiting for it", self.trigger_run_id)
        while is_in("queued", "running"):
            time.sleep(POLL)
        if not (self.may_fail or is_in("success")):
            raise AirflowException(f"run {self.trigger_run_id} of {self.trigger_dag_id} failed")
        return True
