"""Links from tasks to the pages that they made (realsyn_airflow.pages), and to runs they started.

All lead to where the reader is: an Airflow that answers to several names has a session for each.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from airflow.configuration import conf
from airflow.sdk import BaseOperatorLink

from realsyn_tasks.stages import PIPELINE


def page_path(dag_id: str, run_id: str, task_id: str) -> str:
    """Give the path of the page that a task made."""
    parts = (dag_id, run_id, task_id)
    return "/realsyn/pages/" + "/".join(quote(part, safe="") for part in parts)


def run_path(dag_id: str, run_id: str) -> str:
    """Give the path of a run's page, below that of Airflow's own pages."""
    return f"{below()}/dags/{dag_id}/runs/{quote(run_id, safe='')}"


def below() -> str:
    """Give the path that Airflow's pages lie below; mostly none."""
    return urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")


def address(path: str) -> str:
    """Make a path an address for texts, which have no place of their own to start from."""
    base = urlsplit(conf.get("api", "base_url", fallback=""))
    return f"{base.scheme}://{base.netloc}{path}" if base.netloc else path


class PageLink(BaseOperatorLink):
    """Leads to the page of a task, through Airflow's own server and its access rules."""

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Give the page's address; whether there is one is seen when it is opened."""
        return page_path(ti_key.dag_id, ti_key.run_id, ti_key.task_id)


class GatePage(PageLink):
    """What a gate expected and saw."""

    name = "Gate page"


class DatasetReport(PageLink):
    """The report of a published dataset."""

    name = "Report"


class RepairPlan(PageLink):
    """What a repair would run, and each reason in whole."""

    name = "Plan"


class Preview(PageLink):
    """What a takedown would remove."""

    name = "What would be removed"


class Receipt(PageLink):
    """What a takedown found where."""

    name = "Receipt"


class GroupRun(BaseOperatorLink):
    """The run behind a box."""

    name = "Run of the group"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Give its address, once it was started."""
        run_id = operator.trigger_run_id
        return run_path(operator.trigger_dag_id, run_id) if run_id else ""


class GroupGate(BaseOperatorLink):
    """What the gate of the run behind a box expected and saw."""

    name = "Gate page of the group"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Give its address, once the run was started; "" of a run that has no gate."""
        run_id = operator.trigger_run_id
        has_gate = operator.group in PIPELINE.group_names
        return page_path(operator.trigger_dag_id, run_id, "gate") if run_id and has_gate else ""


class RunAtIt(BaseOperatorLink):
    """The run that is at the same work, where a task waits for one or leaves it to that."""

    name = "Run that is at it"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Give its address; "" where there is none."""
        rival = getattr(operator, "rival", None)
        return run_path(*rival) if rival else ""
