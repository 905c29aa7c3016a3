"""Whether models are better for what was published (paper §4, §5), by a protocol fixed beforehand.

Models are trained with each kind of text and each way to sample, once for each seed, and asked for
pictures that they never saw. Each claim of the protocol comes out with its difference, its interval
and a verdict: it holds, is null, or is reversed. Promotion attaches that to the versions, of which
nothing is changed.
"""

from realsyn_airflow import forms
from realsyn_airflow.groups import OPENED, StageGroup, stage_group_dag
from realsyn_airflow.opening import OpenOperator

PARAMS = {
    "build": forms.optional_build(folder="evaluations"),
    **forms.evaluation(),
    **forms.choices(),
    **forms.consent(),
}

with stage_group_dag("evaluate", __doc__, PARAMS) as dag:
    opened = OpenOperator(task_id="open", kind="evaluation")
    group = StageGroup("evaluate", OPENED)
    group.promote() << group.approval() << group.gate() << group.stages(after=opened)
