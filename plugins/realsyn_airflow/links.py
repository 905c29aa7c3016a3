"""Links from tasks to the pages that they made (realsyn_airflow.pages)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from airflow.sdk import BaseOperatorLink


class PageLink(BaseOperatorLink):
    """Leads to the page of a task, through Airflow's own server and its access rules."""

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Give the page's address; whether there is one is seen when it is opened."""
        parts = (ti_key.dag_id, ti_key.run_id, ti_key.task_id)
        return "/realsyn/pages/" + "/".join(quote(part, safe="") for part in parts)


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
