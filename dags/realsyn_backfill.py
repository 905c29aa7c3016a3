"""Repairs runs: shows what would run and why, runs that, then the gates and what waited for them.

Without further choice, all runs under the root are looked at, and only what is missing, failed,
stale or damaged is done again. A stage with a range of shards runs those alone; with force they
are done again though they are committed or quarantined, and give the same bytes. Afterwards each
stage group that is due is finished: the rest of its shards, gate, approval, promotion. A dry run
ends after the plan.
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import TriggerRule, chain
from airflow.sdk.definitions.mappedoperator import MappedOperator

from realsyn_airflow import forms
from realsyn_airflow.boxes import RunGroupOperator
from realsyn_airflow.groups import realsyn_dag, repair_steps
from realsyn_airflow.repair import DueOperator, RepairPlanOperator, WithdrawOperator
from realsyn_tasks.stages import PIPELINE

PARAMS = {
    "root": forms.root(),
    "build": forms.optional_build("all runs under the root"),
    **forms.repair(),
    **forms.consent(),
}


def finish(group: str) -> tuple[DueOperator, MappedOperator]:
    """Scan for the runs in which a group is due, and run it in each."""
    scan = DueOperator(task_id=f"scan_{group}", group=group, trigger_rule=TriggerRule.ALL_DONE)
    run = RunGroupOperator.partial(
        task_id=f"repair_{group}",
        group=group,
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.fields['build'] }}",
    ).expand(fields=scan.output)
    return scan, run


with realsyn_dag("backfill", __doc__, PARAMS, "upkeep") as dag:
    plan = RepairPlanOperator(task_id="plan")
    withdraw = WithdrawOperator(task_id="withdraw")
    shards = repair_steps(after=withdraw)
    groups = [finish(group) for group in PIPELINE.group_names]
    done = EmptyOperator(task_id="done", trigger_rule=TriggerRule.NONE_FAILED)
    plan >> withdraw
    chain(*(task for group in groups for task in group))
    shards >> groups[0][0]
    [plan, *(shards), *(run for _, run in groups)] >> done
