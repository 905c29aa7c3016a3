"""A language model taught to write as its teacher does (paper §4.1), on a version's pairs.

The teacher answers about drawn pairs, guards leave what is good, LoRA is trained on that, and both
models are measured on pairs that were held out. Promotion registers the tuned model as a card of
the root, which builds can name, if it is better. It makes no data, and holds nothing up.
"""

from realsyn_airflow import forms
from realsyn_airflow.groups import OPENED, StageGroup, stage_group_dag
from realsyn_airflow.opening import OpenOperator

PARAMS = {
    "build": forms.optional_build(folder="tunings"),
    "version": forms.version(),
    **forms.tuning(),
    **forms.choices(),
    **forms.consent(),
}

with stage_group_dag("tune", __doc__, PARAMS) as dag:
    opened = OpenOperator(task_id="open", kind="tuning")
    group = StageGroup("tune", OPENED)
    group.promote() << group.approval() << group.gate() << group.stages(after=opened)
