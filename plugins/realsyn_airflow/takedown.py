"""What realsyn_takedown is made of: the form as a command, first dry, then for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from realsyn_airflow.failures import ConfigFailure
from realsyn_airflow.links import Receipt
from realsyn_airflow.operators import ApprovalStep, DataPlaneOperator

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
    return words + (["--dry-run"] if dry_run else [])


class TakedownOperator(DataPlaneOperator):
    """Takes down what the form asks for, or shows what that would remove."""

    ui_color = "#f4d9d0"
    operator_extra_links = (Receipt(),)

    def __init__(self, *, dry_run: bool, **kwargs: Any) -> None:
        super().__init__(words=(), **kwargs)
        self.dry_run = dry_run

    def execute(self, context: Context) -> dict[str, Any]:
        """Run the command."""
        self.words = takedown_words(context["params"], self.dry_run)
        return dict(super().execute(context))


class TakedownApproval(ApprovalStep):
    """Asks a person who sees what would go, where that is wanted; ends a dry run."""

    def execute(self, context: Context) -> Any:
        """Go on, ask, or end here."""
        if context["params"]["dry_run"]:
            raise AirflowSkipException("a dry run: what would be removed is the plan's result")
        return super().execute(context)
