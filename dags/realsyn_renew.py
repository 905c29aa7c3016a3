"""A new version of a dataset whenever enough has come into the corpus since the last one.

Paused until somebody switches it on, and of no use before `renewal` of the profile names a scale.
Then it looks every night (or, without a schedule, whenever a crawl has come into the corpus) how
many images are new. From `minimum_images` on it has realsyn_build make a version of all there is;
with fewer its tasks are skipped, and the first one's log says how many there were.
"""

from realsyn_airflow import forms, schedules
from realsyn_airflow.boxes import RunGroupOperator
from realsyn_airflow.groups import realsyn_dag
from realsyn_airflow.renewal import NewsOperator

PARAMS = {"root": forms.root(), **forms.renewal(), "approval": forms.approval()}

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
        passing=("root", "scale", "approval"),
        fields={"name": "{{ ti.xcom_pull(task_ids='news')['name'] }}"},
    )
    news >> build
