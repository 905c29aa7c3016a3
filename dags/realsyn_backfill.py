"""Repairs runs: finds those that lack shards of a stage group, runs the group and its gate again.

Group by group in order, so that what waited for a repair goes on. Only what is missing, failed,
stale or damaged is done again; a quarantined shard stays out, for its input is broken. Without a
run in the form, all runs under the root are looked at.
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Param, TriggerRule, chain

from realsyn_airflow import forms
from realsyn_airflow.groups import realsyn_dag
from realsyn_airflow.operators import RunGroupOperator, ScanOperator
from realsyn_tasks.stages import PIPELINE

PARAMS = {
    "root": forms.root(),
    "build": forms.optional_build(),
    "group": Param("all", type="string", enum=["all", *PIPELINE.groups], title="Stage group"),
    "approval": forms.approval(),
}


def repair(group: str) -> tuple[ScanOperator, RunGroupOperator]:
    """Scan for the runs in which a group is due, and run it in each."""
    scan = ScanOperator(task_id=f"scan_{group}", group=group, trigger_rule=TriggerRule.ALL_DONE)
    run = RunGroupOperator.partial(
        task_id=f"repair_{group}",
        group=group,
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.fields['build'] }}",
    ).expand(fields=scan.output)
    return scan, run


with realsyn_dag("backfill", __doc__, PARAMS, "upkeep") as dag:
    steps = [repair(group) for group in PIPELINE.groups]
    done = EmptyOperator(task_id="done", trigger_rule=TriggerRule.NONE_FAILED)
    chain(*(task for step in steps for task in step))
    [run for _, run in steps] >> done
