"""What realsyn_backfill is made of: the plan of a repair, its steps, and what is due afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from realsyn_airflow.links import RepairPlan
from realsyn_airflow.operators import DataPlaneOperator, ListOperator, ShardBatchOperator
from realsyn_tasks.stages import PIPELINE

if TYPE_CHECKING:
    from airflow.sdk import Context

ALL = "all"
PLAN = "plan"
TRANSIENT = "transient failures"


def repair_words(params: Mapping[str, Any], dry_run: bool) -> list[str]:
    """Translate the form into the command that plans a repair."""
    words = ["repair", "--root", params["root"]]
    for name in ("build", "group", "stage", "shards"):
        words += [f"--{name}", str(params[name])] if params.get(name) else []
    words += ["--force"] if params.get("force") else []
    return [*words, "--page" if dry_run else "--really"]


class RepairPlanOperator(DataPlaneOperator):
    """Shows what the repair would run and why, in the log and on a page; changes nothing."""

    ui_color = "#f4ecd8"
    operator_extra_links = (RepairPlan(),)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(words=(), **kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        """Plan the repair that the form describes."""
        self.words = repair_words(context["params"], dry_run=True)
        return dict(super().execute(context))


class WithdrawOperator(DataPlaneOperator):
    """Takes back the markers of the named shards, by force or for their transient failures.

    Ends the run here if it was to be a dry one.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(words=(), **kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        """Make the named shards missing."""
        params = context["params"]
        if params["dry_run"]:
            raise AirflowSkipException("a dry run: the plan is all there is")
        if not (params["force"] or params["shards"] == TRANSIENT):
            return {}
        self.words = repair_words(params, dry_run=False)
        return {"withdrawn": super().execute(context)["shards"]}


class StepsOperator(BaseOperator):
    """Returns the planned batches of a named stage that need one kind of resources."""

    ui_color = "#f4ecd8"

    def __init__(self, *, needs: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.needs = needs

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Pick them from the plan."""
        steps = context["ti"].xcom_pull(task_ids=PLAN)["steps"]
        return [step for step in steps if PIPELINE.stage(step["stage"]).needs.name == self.needs]


class RepairBatchOperator(ShardBatchOperator):
    """Runs the named shards of one batch, and no others."""

    template_fields: Sequence[str] = ("build", "stage", "shards")

    def __init__(self, *, shards: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shards = shards

    def _command(self) -> list[str]:
        return [*super()._command(), "--shards", self.shards]


class DueOperator(ListOperator):
    """Finds the runs in which a stage group is due, among those that the form is about."""

    def __init__(self, *, group: str, **kwargs: Any) -> None:
        super().__init__(words=(), key="runs", **kwargs)
        self.group = group

    def execute(self, context: Context) -> list[Any]:
        """Look through the ledgers."""
        params = context["params"]
        if not concerns(params, self.group):
            return []
        self.words = ["unfinished", self.group, "--root", params["root"]]
        self.words += ["--build", params["build"]] if params["build"] else []
        return super().execute(context)


def concerns(params: Mapping[str, Any], group: str) -> bool:
    """Say whether a stage group is to be finished: the one that was named, or what comes after."""
    if params["dry_run"] or not params["finish"]:
        return False
    if params["group"] != ALL:
        return bool(params["group"] == group)
    if params["stage"] == ALL:
        return True
    groups = PIPELINE.group_names
    return groups.index(group) >= groups.index(PIPELINE.stage(params["stage"]).group)
