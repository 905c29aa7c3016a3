"""What Airflow gets from RealSyn: pages at /realsyn, in menus, on DAGs and runs; a listener; and
when builds are late.
"""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from realsyn_airflow import stops
from realsyn_airflow.deadlines import PlanDeadline


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Serve the pages; the web framework is loaded by the first request."""
    from realsyn_airflow.ui.app import app

    await app()(scope, receive, send)


class RealSynPlugin(AirflowPlugin):
    """Registers pages and where the UI shows them, what ends runs beneath a stopped one, deadlines.

    Addresses are relative to the base of Airflow's own pages, which may lie below a path.
    """

    name = "realsyn"
    fastapi_apps: list[Any] = [  # noqa: RUF012  # Airflow declares it so
        {"app": pages, "url_prefix": "/realsyn", "name": "RealSyn"}
    ]
    listeners: list[Any] = [stops]  # noqa: RUF012
    deadline_references: list[Any] = [PlanDeadline]  # noqa: RUF012
    external_views: list[Any] = [  # noqa: RUF012
        {
            "name": "RealSyn",
            "href": "realsyn/ui/",
            "destination": "nav",
            "url_route": "realsyn",
            "nav_top_level": True,
        },
        {
            "name": "Data",
            "href": "realsyn/ui/#/run?dag_id={DAG_ID}",
            "destination": "dag",
            "url_route": "realsyn_dag",
        },
        {
            "name": "Data",
            "href": "realsyn/ui/#/run?dag_id={DAG_ID}&run_id={RUN_ID}",
            "destination": "dag_run",
            "url_route": "realsyn_run",
        },
    ]
