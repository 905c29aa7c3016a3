"""The parts of which DAG files are wired: a stage group's plan, stages, gate and promotion.

Order comes from the table of stages, so a DAG cannot contradict it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset, BaseOperator, Param, TaskGroup, TriggerRule

from realsyn_airflow import notices, settings
from realsyn_airflow.failures import MAX_RETRY_DELAY, RETRIES, RETRY_DELAY, RETRY_POLICY
from realsyn_airflow.gates import ApprovalStep, GateOperator
from realsyn_airflow.operators import (
    BatchesOperator,
    PlanOperator,
    PromoteOperator,
    ShardBatchOperator,
)
from realsyn_airflow.repair import RepairBatchOperator, StepsOperator
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.stages import PIPELINE

TAKEDOWN = Asset("realsyn_takedown")

POOLS = {"cpu": "cpu", "gpu": "gpu", "gpu-llm": "llm"}  # resources of a stage -> pool
MAX_BATCHES = 1000  # Dispatch.max_batches can ask for no more; Airflow maps over 1024 at most
BATCH_TIMEOUT = timedelta(hours=6)  # a batch is 10 to 30 minutes of work
MAX_ACTIVE_RUNS = 16  # of each DAG; pools bound what computes, and what waits holds no slot
STEP_TIMEOUT = timedelta(hours=1)
WHOLE_TIMEOUT = timedelta(hours=6)  # of what reads a whole run: two hours at the paper's size
APPROVAL_TIMEOUT = timedelta(days=7)

OPENED = "{{ ti.xcom_pull(task_ids='open') }}"  # what OpenOperator returned
FIRST = "{{ ti.xcom_pull(task_ids='open')[0]['build'] }}"  # of what OpenBuildsOperator returned
DONE = "{{ ti.xcom_pull(task_ids='open', key='done') | join(',') }}"  # groups, of that one

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "realsyn",
    "retries": RETRIES if settings.profile().retries is None else settings.profile().retries,
    "retry_delay": RETRY_DELAY,
    "retry_exponential_backoff": True,
    "max_retry_delay": MAX_RETRY_DELAY,
    "retry_policy": RETRY_POLICY,
    "execution_timeout": STEP_TIMEOUT,
}


def realsyn_dag(
    name: str,
    doc: str | None,
    params: Mapping[str, Param],
    kind: str,
    schedule: Any = None,
    max_active_runs: int = MAX_ACTIVE_RUNS,
    **kwargs: Any,
) -> DAG:
    """Make a DAG with what all of them share.

    Many runs may be under way at once; those at the same work exclude each other by their claims.
    What looks around on a schedule has one run at a time: a second would see the same.
    """
    return DAG(
        f"realsyn_{name}",
        schedule=schedule,
        catchup=False,
        max_active_runs=max_active_runs,
        tags=["realsyn", kind],
        description=(doc or "").strip().splitlines()[0],
        doc_md=doc,
        params=dict(params),
        default_args=DEFAULT_ARGS,
        **kwargs,
    )


def stage_group_dag(group: str, doc: str | None, params: Mapping[str, Param]) -> DAG:
    """Make the DAG of one stage group."""
    return realsyn_dag(group, doc, params, "stage group", max_active_tasks=64)


class StageGroup:
    """One stage group of the table; `build` is the URI of the run it works on, as a template."""

    def __init__(self, name: str, build: str = "{{ params.build }}") -> None:
        self.name = name
        self.build = build
        self.group = PIPELINE.group(name)
        self.table = self.group.stages
        self._approval: ApprovalStep | None = None

    def stages(self, after: BaseOperator | None = None) -> list[Any]:
        """Plan the group and map each of its stages over the batches that are left to do.

        A stage without any is skipped. A failed batch does not stop its siblings.
        """
        lists = self._plan(after)
        with TaskGroup("stages"):
            made = {
                stage.name: self._stage(stage, weight, lists[stage.name])
                for weight, stage in enumerate(self.table, start=1)
            }
        for stage in self.table:
            for name in PIPELINE.needed(stage):
                if name in made:
                    made[name] >> made[stage.name]
        return list(made.values())

    def _plan(self, after: BaseOperator | None) -> dict[str, BatchesOperator]:
        with TaskGroup("plan") as folder:
            ids = {stage.name: f"{folder.group_id}.{stage.name}" for stage in self.table}
            scan = PlanOperator(task_id="scan", group=self.name, build=self.build, lists=ids)
            lists = {
                stage.name: BatchesOperator(task_id=stage.name, stage=stage.name, plan=scan.task_id)
                for stage in self.table
            }
        scan >> list(lists.values())
        if after:
            after >> scan
        if self._approval:
            scan >> self._approval  # the gate runs in any case, and what it checks may be another's
        return lists

    def _stage(self, stage: Stage, weight: int, batches: BatchesOperator) -> Any:
        """Map a stage over its batches; later stages go first where both could run."""
        return ShardBatchOperator.partial(
            task_id=stage.name,
            stage=stage.name,
            build=self.build,
            pool=POOLS[stage.needs.name],
            priority_weight=weight,
            weight_rule="absolute",
            trigger_rule=TriggerRule.NONE_FAILED,
            execution_timeout=BATCH_TIMEOUT,
            map_index_template="{{ task.stage }} batch {{ '%05d' % task.batch }}",
            doc_md=_describe(stage),
        ).expand(batch=batches.output)

    def gate(self) -> GateOperator:
        """Check the output once nothing of the group runs any more; the ledger decides."""
        return GateOperator(
            task_id="gate",
            group=self.name,
            build=self.build,
            trigger_rule=TriggerRule.ALL_DONE,
            execution_timeout=WHOLE_TIMEOUT,
            notifiers=notices.callbacks("approval_waiting"),
            on_failure_callback=notices.callbacks("gate_failed"),
        )

    def approval(self) -> ApprovalStep:
        """Wait for a person, where that is wanted; never after a plan that was not made."""
        self._approval = ApprovalStep(
            task_id="approval",
            subject=f"Promote the output of {self.name}?",
            fail_on_reject=True,
            response_timeout=APPROVAL_TIMEOUT,
            execution_timeout=None,
            notifiers=notices.callbacks("approval_waiting"),
        )
        return self._approval

    def promote(self) -> PromoteOperator:
        """Make the output visible, to the next group or to people: an event of its asset."""
        event = "published" if self.group.makes == "datasets" else ""
        return PromoteOperator(
            task_id="promote",
            group=self.name,
            build=self.build,
            asset=Asset(self.group.asset),
            execution_timeout=WHOLE_TIMEOUT,
            on_success_callback=notices.callbacks(event),
        )


def repair_steps(after: BaseOperator) -> list[Any]:
    """Map over the planned batches of a named stage, in the pool of what the stage needs."""
    made = []
    with TaskGroup("shards"):
        for needs, pool in POOLS.items():
            steps = StepsOperator(task_id=f"{pool}_batches", needs=needs)
            after >> steps
            run = RepairBatchOperator.partial(
                task_id=pool,
                pool=pool,
                execution_timeout=BATCH_TIMEOUT,
                map_index_template="{{ task.stage }} batch {{ '%05d' % task.batch }}",
            )
            made.append(run.expand_kwargs(steps.output))
    return made


def _describe(stage: Stage) -> str:
    reads = ", ".join(f"`{name}`" for name in stage.reads)
    return f"`{stage.module}`: {stage.shape} over {stage.axis}, reads {reads}"
