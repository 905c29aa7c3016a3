"""What realsyn_takedown is made of: the form as a command, first dry, then for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from realsyn_airflow.failures import ConfigFailure
from realsyn_airflow.gates import ApprovalStep
from realsyn_airflow.links import Preview, Receipt
from realsyn_airflow.operators import DataPlaneOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

FIELDS = ("urls", "domains", "hashes", "file", "note")
MOST = 100_000  # bytes of one argument; the system takes 131,072


def takedown_words(params: Mapping[str, Any], dry_run: bool) -> list[str]:
    """Translate the form into the command; ConfigFailure for a list that is no list for a form."""
    words = ["takedown", "--root", params["root"]]
    for name in FIELDS:
        value = str(params.get(name) or "")
        if len(value.encode()) > MOST:
            raise ConfigFailure(f"{name} is too long for a form: write a file, and give its URI")
        words += [f"--{name}", value] if value.strip() else []
    return words + ([] if dry_run else ["--really"])


ASKED = """\
{% set plan = ti.xcom_pull(task_ids="plan") %}\
Request {{ plan.request }} would take {{ plan.images }} images and {{ plan.sentences }} sentences
of {{ plan.pages }} pages out of the corpus
(generations: {{ plan.generations | join(", ") or "none" }}).
{% for item in plan.datasets %}
- {{ item.dataset }} has {{ item.pairs }} such pairs, and such texts in {{ item.texts }} others
{% else %}
No published dataset has any of it.
{% endfor %}
{% if plan.bad_lines %}Lines that mean nothing and do nothing: {{ plan.bad_lines }}.
{% endif %}
All of it, with small pictures, is on the page behind the link of the task `plan` (its Details).
What is taken down stays so, and no page shows it any more.
"""


class TakedownOperator(DataPlaneOperator):
    """Takes down what the form asks for, or shows what that would remove."""

    ui_color = "#f4d9d0"

    def __init__(self, *, dry_run: bool, **kwargs: Any) -> None:
        super().__init__(words=(), **kwargs)
        self.only_shows = dry_run
        self.operator_extra_links = (Preview() if dry_run else Receipt(),)

    def execute(self, context: Context) -> dict[str, Any]:
        """Run the command."""
        self.words = takedown_words(context["params"], self.only_shows)
        return dict(super().execute(context))


class TakedownApproval(ApprovalStep):
    """Asks a person who sees what would go, where that is wanted; ends a dry run."""

    def execute(self, context: Context) -> Any:
        """Go on, ask, or end here."""
        if context["params"]["dry_run"]:
            why = "a dry run ends here; the task plan links to the page of what would be removed"
            self.log.info(why)
            raise AirflowSkipException(why)
        return super().execute(context)
