"""One more text for each image, written from what is known of it (paper §3.2).

Tags, a caption if there is a captioner, and the best realistic text go into a prompt; guards keep
what the language model makes of it honest.
"""

from realsyn_airflow import forms
from realsyn_airflow.groups import StageGroup, stage_group_dag

PARAMS = {"build": forms.build(), **forms.consent()}

with stage_group_dag("synthesize", __doc__, PARAMS) as dag:
    group = StageGroup("synthesize")
    group.promote() << group.approval() << group.gate() << group.stages()
