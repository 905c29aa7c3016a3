"""Takes URLs, domains or images out of the corpus, and of the next version of every dataset.

`plan` shows what would be removed from which generation, and which published versions hold it, on
the page behind its link; a dry run, the default, ends there. `take_down` then files the request for
good: builds that are opened from now on do not see what falls under it, later crawls do not bring
it back, and builds that are open already publish nothing of it until they are opened again. Its
link leads to the receipt, which lists what was found where.

Published versions never change: run `realsyn_build` again for a next one. The same request again
gives a receipt of how things are then.
"""

from realsyn_airflow import forms, notices
from realsyn_airflow.groups import APPROVAL_TIMEOUT, TAKEDOWN, realsyn_dag
from realsyn_airflow.takedown import ASKED, TakedownApproval, TakedownOperator

PARAMS = {"root": forms.root(), **forms.takedown(), "approval": forms.approval("it is taken down")}

with realsyn_dag("takedown", __doc__, PARAMS, "upkeep") as dag:
    plan = TakedownOperator(task_id="plan", dry_run=True)
    approval = TakedownApproval(
        task_id="approval",
        subject="Take this down for good?",
        body=ASKED,
        fail_on_reject=True,
        response_timeout=APPROVAL_TIMEOUT,
        execution_timeout=None,
        notifiers=notices.callbacks("approval_waiting"),
    )
    take_down = TakedownOperator(
        task_id="take_down",
        dry_run=False,
        outlets=[TAKEDOWN],
        on_success_callback=notices.callbacks("taken_down"),
    )
    plan >> approval >> take_down
