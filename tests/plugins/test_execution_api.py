"""The API server answers tasks from the first one on."""

from __future__ import annotations

from datetime import date

from cadwyn import Cadwyn, Version, VersionBundle, VersionedAPIRouter
from fastapi import FastAPI

from realsyn_local.execution_api import PREFIX, make_ready


def test_what_tasks_report_to_is_built_before_any_does() -> None:
    router = VersionedAPIRouter()
    router.add_api_route("/ping", lambda: "pong")
    tasks = Cadwyn(versions=VersionBundle(Version(date(2026, 1, 1))))
    tasks.generate_and_include_versioned_routers(router)
    app = FastAPI()
    app.mount(PREFIX, tasks)
    [routes] = tasks.router.versioned_routers.values()
    assert "/ping" not in {route.path for route in routes.routes}
    make_ready(app)
    [routes] = tasks.router.versioned_routers.values()
    assert "/ping" in {route.path for route in routes.routes}


def test_a_server_without_tasks_is_left_alone() -> None:
    make_ready(FastAPI())
