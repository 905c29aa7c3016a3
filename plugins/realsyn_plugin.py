"""What Airflow's UI gets from RealSyn: the pages of gates and datasets, at /realsyn/pages."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Serve the pages; the web framework is loaded by the first request."""
    from realsyn_airflow.pages import app

    await app()(scope, receive, send)


class RealSynPlugin(AirflowPlugin):
    """Registers the pages."""

    name = "realsyn"
    fastapi_apps: list[Any] = [  # noqa: RUF012  # Airflow declares it so
        {"app": pages, "url_prefix": "/realsyn", "name": "RealSyn pages"}
    ]
