"""Finds crawls that have arrived and are not in the corpus yet, and extracts each.

Paused until somebody switches it on; then it looks once a day (`ingest` of the profile), and within
seconds of a crawl's arrival where the profile names the queue of the bucket's events. A crawl
is a folder under ROOT/crawls with a marker in it, `_SUCCESS`, written last; without the marker, or
while its listing changes, it is left alone. Crawls are extracted one after another: each is
deduplicated against all generations before it.

A crawl that cannot be read, is cut off, or fails its gate does not stop the next one. It is
quarantined as soon as that is known: a note says why and where the gate's page is, and no later run
tries it until it is released (page Crawls, or `realsyn release --root ROOT --crawl NAME --really`).
A run in which a crawl was bad fails at its end, and names it. A crawl that brings nothing new is
noted, and is no bad one.
"""

from airflow.sdk import TriggerRule, task_group

from realsyn_airflow import forms, notices, schedules
from realsyn_airflow.arrivals import BadCrawlsOperator, DiscoverOperator, QuarantineOperator
from realsyn_airflow.boxes import RunGroupOperator
from realsyn_airflow.groups import realsyn_dag

OF_EXTRACT = {
    "root": forms.root(),
    **forms.choices(),
    "approval": forms.approval(),
    "on_gate_failure": forms.on_gate_failure("fail"),  # one bad crawl keeps no other waiting
}
PARAMS = {**OF_EXTRACT, **forms.arrivals()}
NAME = "{{ task.fields['crawl'] }}"


@task_group(group_id="crawls", prefix_group_id=False)
def each_crawl(fields: dict[str, str]) -> None:
    """Extract a crawl, and set it aside at once if it was bad."""
    extract = RunGroupOperator(
        task_id="extract",
        group="extract",
        passing=tuple(OF_EXTRACT),
        fields=fields,
        max_active_tis_per_dagrun=1,
        map_index_template=NAME,
    )
    extract >> QuarantineOperator(
        task_id="quarantine",
        fields=fields,
        trigger_rule=TriggerRule.ALL_DONE,
        map_index_template=NAME,
        on_success_callback=notices.callbacks("crawl_quarantined"),
    )


with realsyn_dag(
    "ingest",
    __doc__,
    PARAMS,
    "upkeep",
    schedule=schedules.of_ingest(),
    max_active_runs=1,
    is_paused_upon_creation=True,
) as dag:
    discover = DiscoverOperator(task_id="discover")
    each_crawl.expand(fields=discover.output) >> BadCrawlsOperator(
        task_id="bad_crawls",
        crawls=discover.output,
        judged="quarantine",
        trigger_rule=TriggerRule.ALL_DONE,
    )
