"""A new version of a dataset whenever enough has come into the corpus since the last one.

Paused until somebody switches it on, and of no use before `renewal` of the profile names a scale.
Then it looks every night (or, without a schedule, whenever a crawl has come into the corpus) how
many images are new since the last version of the scale, or of the smaller dataset under it. From
`minimum_images` on it has realsyn_build make a version of all there is; with fewer its tasks are
skipped, and the first one's log says how many there were.

One run at a time, at night: a gate that fails ends it rather than wait for a person, who would keep
the next nights waiting too. Nothing is published then, and those who are to hear of a failed gate
are told. Mend what is wrong, or run realsyn_build under the same name with On gate failure: ask,
and override it; the next night tries that build again, which does only what is missing.
"""

from realsyn_airflow import forms, schedules
from realsyn_airflow.boxes import RunGroupOperator
from realsyn_airflow.groups import realsyn_dag
from realsyn_airflow.renewal import NewsOperator

PARAMS = {"root": forms.root(), **forms.renewal()}

with realsyn_dag(
    "renew",
    __doc__,
    PARAMS,
    "upkeep",
    schedule=schedules.of_renewal(),
    max_active_runs=1,
    is_paused_upon_creation=True,
) as dag:
    news = NewsOperator(task_id="news")
    build = RunGroupOperator(
        task_id="build",
        group="build",
        passing=("root", "scale", "allow_smaller", "approval", "on_gate_failure"),
        fields={"name": "{{ ti.xcom_pull(task_ids='news')['name'] }}"},
    )
    news >> build
