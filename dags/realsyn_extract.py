"""One crawl → a generation of the corpus (paper §3.1).

Documents are parsed; images and sentences are filtered, embedded and deduplicated, also against
all older generations. A passed gate makes them a generation.
"""

from realsyn_airflow import forms
from realsyn_airflow.groups import OPENED, StageGroup, stage_group_dag
from realsyn_airflow.opening import OpenOperator

PARAMS = {
    "build": forms.optional_build(),
    "root": forms.root(),
    "crawl": forms.crawl(required=True),
    "format": forms.format(),
    "name": forms.name(),
    **forms.choices(),
    "follow": forms.follow("extract"),
    **forms.consent(),
}

with stage_group_dag("extract", __doc__, PARAMS) as dag:
    opened = OpenOperator(task_id="open", kind="extract")
    group = StageGroup("extract", OPENED)
    group.promote() << group.approval() << group.gate() << group.stages(after=opened)
