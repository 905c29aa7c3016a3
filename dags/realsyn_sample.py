"""A semantically balanced subset of the pairs, published (paper §3.3).

Pairs outside the similarity band go; of each cluster at most as many stay as meet the target.
"""

from realsyn_airflow import forms
from realsyn_airflow.groups import StageGroup, stage_group_dag

PARAMS = {"build": forms.build(), **forms.consent()}

with stage_group_dag("sample", __doc__, PARAMS) as dag:
    group = StageGroup("sample")
    group.promote() << group.approval() << group.gate() << group.stages()
