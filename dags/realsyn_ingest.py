"""Finds crawls that have arrived and are not in the corpus yet, and extracts each.

Paused until somebody switches it on; then it looks once a day (`ingest` of the profile), and within
seconds of a crawl's arrival where the profile names the queue of the bucket's events. A crawl
is a folder under ROOT/crawls with a marker in it, `_SUCCESS`, written last; without the marker, or
while its listing changes, it is left alone. Crawls are extracted one after another: each is
deduplicated against all generations before it.

A crawl that cannot be read, or fails its gate, does not stop the next one. It is quarantined: the
result of the last task says why and where the gate's page is, and no later run tries it until
`realsyn release --root ROOT --crawl NAME`.
"""

from airflow.sdk import TriggerRule

from realsyn_airflow import forms, schedules
from realsyn_airflow.arrivals import DiscoverOperator, QuarantineOperator
from realsyn_airflow.boxes import RunGroupOperator
from realsyn_airflow.groups import realsyn_dag

OF_EXTRACT = {
    "root": forms.root(),
    **forms.choices(),
    "approval": forms.approval(),
    "on_gate_failure": forms.on_gate_failure("fail"),  # one bad crawl keeps no other waiting
}
PARAMS = {**OF_EXTRACT, **forms.arrivals()}

with realsyn_dag(
    "ingest",
    __doc__,
    PARAMS,
    "upkeep",
    schedule=schedules.of_ingest(),
    is_paused_upon_creation=True,
) as dag:
    discover = DiscoverOperator(task_id="discover")
    extract = RunGroupOperator.partial(
        task_id="extract",
        group="extract",
        passing=tuple(OF_EXTRACT),
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.fields['crawl'] }}",
    ).expand(fields=discover.output)
    extract >> QuarantineOperator(task_id="quarantine", trigger_rule=TriggerRule.ALL_DONE)
