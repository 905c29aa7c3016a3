"""What can be told of a published version: topics, texts, balance, sources, examples, a map (§5).

It is pinned to the version, and reads its build beside it where that is still there. It makes no
data, and holds nothing up: `realsyn_build` starts it once the version is published. Its gate asks
only whether it is whole; then the version's card and report are renewed with it.
"""

from realsyn_airflow import forms
from realsyn_airflow.groups import OPENED, StageGroup, stage_group_dag
from realsyn_airflow.opening import OpenOperator

PARAMS = {
    "build": forms.optional_build(folder="analyses"),
    "version": forms.version(),
    "name": forms.name(),
    **forms.choices(),
    "follow": forms.follow("analysis"),
}

with stage_group_dag("analyze", __doc__, PARAMS) as dag:
    opened = OpenOperator(task_id="open", kind="analysis")
    group = StageGroup("analyze", OPENED)
    group.promote() << group.approval() << group.gate() << group.stages(after=opened)
