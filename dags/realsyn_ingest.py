"""Finds crawls under ROOT/crawls that are not in the corpus yet, and extracts each.

Paused until somebody switches it on; then it looks once a day. Crawls are extracted one after
another: each is deduplicated against all generations before it.
"""

from realsyn_airflow import forms
from realsyn_airflow.groups import realsyn_dag
from realsyn_airflow.operators import ListOperator, RunGroupOperator

PARAMS = {"root": forms.root(), **forms.choices(), "approval": forms.approval()}

with realsyn_dag(
    "ingest", __doc__, PARAMS, "upkeep", schedule="@daily", is_paused_upon_creation=True
) as dag:
    discover = ListOperator(
        task_id="discover", words=["discover", "--root", "{{ params.root }}"], key="crawls"
    )
    RunGroupOperator.partial(
        task_id="extract",
        group="extract",
        passing=tuple(PARAMS),
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.fields['crawl'] }}",
    ).expand(fields=discover.output)
