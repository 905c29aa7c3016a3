"""A dataset, from the form to the published files: the place to watch a build.

Each box runs the DAG of one stage group and waits for it; its link leads to that run. A crawl, if
the form names one, is extracted into the corpus first. Running the same build again does only what
is missing.
"""

from airflow.sdk import TriggerRule, chain

from realsyn_airflow import forms
from realsyn_airflow.groups import OPENED, realsyn_dag
from realsyn_airflow.operators import DataPlaneOperator, OpenOperator, RunGroupOperator
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.stages import PIPELINE

PARAMS = {
    "root": forms.root(),
    "crawl": forms.crawl(required=False),
    "format": forms.format(),
    "scale": forms.scale(),
    "name": forms.name(),
    "generations": forms.generations(),
    **forms.choices(),
    "follow": forms.follow(),
    "approval": forms.approval(),
}
OF_EXTRACT = ("root", "crawl", "format", *forms.choices(), "approval")

with realsyn_dag("build", __doc__, PARAMS, "start here") as dag:
    extract = RunGroupOperator(
        task_id="extract", group="extract", passing=OF_EXTRACT, unless_empty="crawl"
    )
    opened = OpenOperator(task_id="open", kind="build", trigger_rule=TriggerRule.NONE_FAILED)
    groups = [
        RunGroupOperator(task_id=group.name, group=group.name, fields={"build": OPENED})
        for group in PIPELINE.groups_of(BUILD.name)
    ]
    summary = DataPlaneOperator(task_id="summary", words=["summary", "--build", OPENED])
    chain(extract, opened, *groups, summary)
    dag.add_result(summary.output)
