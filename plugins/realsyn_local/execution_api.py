"""Makes Airflow's API server ready for tasks before it listens.

The routes that tasks report to are built at the first word of one: five seconds of a core, on the
event loop. On a busy machine that is a minute in which the server answers nobody, tasks give up
(`workers.execution_api_timeout`), and so does who watches a build.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

PREFIX = "/execution"


def make_ready(app: Any) -> None:
    """Let the part of an API server that tasks report to build its routes now."""
    for route in app.routes:
        if getattr(route, "path", "") == PREFIX:
            asyncio.run(_asked(route.app))


async def _asked(app: Any) -> None:
    """Ask for what is not there: it is built before it is looked for."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        await client.get("/nothing")
