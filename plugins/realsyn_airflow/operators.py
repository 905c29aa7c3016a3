"""Operators: one call of the data plane each, and nothing that a shell could not do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, BaseOperator
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.execution_time.xcom import XCom

from realsyn_airflow import above, lineage
from realsyn_airflow.dispatch import DataPlane, data_plane, telling
from realsyn_airflow.failures import (
    RivalFailure,
)
from realsyn_airflow.links import DatasetReport, RunAtIt
from realsyn_airflow.run_trigger import RunTrigger
from realsyn_tasks.stages import PIPELINE

if TYPE_CHECKING:
    from airflow.sdk import Context

RESULT = "return_value"
CLAIMING = ("open-extract", "open-build", "batches")  # commands that note whose the work is


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


class ClaimingOperator(DataPlaneOperator):
    """Runs a command that claims what its run is at work on (realsyn_tasks.runs.claims).

    Where another run that is under way has that claim, the task waits for it, or fails and names
    it: `waits` decides. What has ended, or is of no run here, holds no claim.
    """

    operator_extra_links = (RunAtIt(),)
    rival: tuple[str, str] | None = None  # DAG and run of whoever is at the same work

    def waits(self, context: Context) -> bool:
        """Say whether to wait for a rival; a run that a box waits for waits, too."""
        return above.starter(context["dag_run"].conf) is not None

    def execute(self, context: Context) -> Any:
        """Run the command with its claim, if it makes one."""
        with telling(context):
            above.require_wanted(context)
            claims = self.words[0] in CLAIMING
            return self._execute_claiming(context) if claims else super().execute(context)

    def _execute_claiming(self, context: Context) -> Any:
        ti, words, after = context["ti"], list(self.words), 0
        while True:
            claim = json.dumps({"dag": ti.dag_id, "run": ti.run_id, "after": after})
            self.words = [*words, "--claim", claim]
            result = super().execute(context)
            self.words = words
            held = result.get("held_by") if isinstance(result, dict) else None
            if not held:
                return result
            self._yield_to_rival(context, held)
            after = held["number"]

    def execute_again(self, context: Context, event: Any) -> Any:
        """Start anew, once the rival has ended."""
        return self.execute(context)

    def _yield_to_rival(self, context: Context, held: Mapping[str, Any]) -> None:
        """Give way to a rival that is under way; return if it has ended."""
        dag_id, run_id = held["owner"]["dag"], held["owner"]["run"]
        states = list(above.UNDER_WAY)
        if not context["ti"].get_dr_count(dag_id, run_ids=[run_id], states=states):
            return
        self.rival = dag_id, run_id
        said = f"run {run_id} of {dag_id} is at this work already ({held['what']}):"
        said += f" {above.run_address(dag_id, run_id)}"
        if not self.waits(context):
            raise RivalFailure(f"{said}\nIt goes on; there is nothing left to do for this run.")
        self.log.info("%s; waiting for it", said)
        self.defer(trigger=RunTrigger(dag_id, run_id), method_name="execute_again")


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


class PlanOperator(ClaimingOperator):
    """Works out what is left to do in a stage group: {stage: [batch, ...]}.

    One process plans for all stages, yet each stage maps over a list of its own: the list is left
    with the stage's BatchesOperator, as if that had returned it.
    """

    ui_color = "#f4ecd8"

    def __init__(self, *, group: str, build: str, lists: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(words=["batches", group, "--build", build], **kwargs)
        self.group = group
        self.lists = lists  # stage -> id of the task that stands for its list

    def waits(self, context: Context) -> bool:
        """Extracts wait for each other, whoever has started them."""
        return self.group == "extract" or super().waits(context)

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
        """Promote the group, unless the run above was stopped meanwhile."""
        with telling(context):
            above.require_wanted(context)
        promoted: dict[str, Any] = super().execute(context)
        if promoted.get("nothing_new"):
            raise AirflowSkipException(
                promoted["nothing_new"]
            )  # nor is there an event of its asset
        context["outlet_events"][self.asset].extra = {"build": self.words[-1], **promoted}
        return promoted
