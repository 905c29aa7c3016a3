"""Each image's best sentences of the whole corpus (paper §3.2).

Sentences are put into lists around centroids; images visit their nearest lists. A recall audit
against exact search is part of the gate.
"""

from realsyn_airflow import forms
from realsyn_airflow.groups import StageGroup, stage_group_dag

PARAMS = {"build": forms.build(), **forms.consent()}

with stage_group_dag("retrieve", __doc__, PARAMS) as dag:
    group = StageGroup("retrieve")
    group.promote() << group.approval() << group.gate() << group.stages()
