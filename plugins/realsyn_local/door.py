"""The door of an Airflow that one person uses: its own hosts, and nobody without the key.

A web page in the user's browser can reach this machine under a name of its own (DNS rebinding), or
send forms across; so only requests for our hosts, and from our pages, are answered. The session is
opened by one address with the key in it (realsyn_local.keys). A deployment with an auth manager of
its own has nothing of this.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from airflow.api_fastapi.app import AUTH_MANAGER_FASTAPI_APP_PREFIX, get_cookie_path
from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.api_fastapi.auth.managers.simple.datamodels.login import LoginBody
from airflow.api_fastapi.auth.managers.simple.services.login import SimpleAuthManagerLogin
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.core_api.security import is_safe_url
from airflow.configuration import conf
from airflow.exceptions import AirflowConfigException
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from realsyn_airflow import settings
from realsyn_local import keys

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
CLOSED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>RealSyn ETL: closed</title>
<div style="font: 16px/1.5 system-ui, sans-serif; max-width: 70ch; margin: 48px auto">
<p>This browser has no session here, or it has ended. Open the address that <code>make ui</code>,
<code>make demo</code> or <code>make build</code> prints. With Docker it is printed by
<p><code>docker compose exec airflow-apiserver python include/compose/keys.py address</code></div>
"""


class Hosts:
    """Answers requests for our own hosts, from our own pages or from no page at all; no others."""

    def __init__(self, app: Any, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"{scheme}://{h}" for h in hosts for scheme in ("http", "https"))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it with 403."""
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else ""
        if not refusal:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(refusal, 403)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Any) -> str:
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return "This is no host of this Airflow; REALSYN_HOSTS names another.\n"
        if set(_values(scope, b"origin")) - self._origins:
            return "Pages of other origins are not answered.\n"
        return ""


def _values(scope: Any, name: bytes) -> list[str]:
    return [value.decode("latin-1").lower() for key, value in scope["headers"] if key == name]


class OneUser(SimpleAuthManager):
    """Airflow's simple auth manager with one user, whose password is the key."""

    def init(self) -> None:
        """Make the key; AirflowConfigException where the settings would leave the door open."""
        if conf.getboolean("core", "simple_auth_manager_all_admins"):
            raise AirflowConfigException(
                "core.simple_auth_manager_all_admins lets everybody in: take it out of the"
                " settings (AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS)"
            )
        if not settings.hosts():
            raise AirflowConfigException(
                "the environment variable REALSYN_HOSTS names no host that is answered, such as"
                " localhost:8080"
            )
        keys.key(Path(self.get_generated_password_file()))
        super().init()

    def get_fastapi_middlewares(self) -> list[tuple[Any, dict[str, Any]]]:
        """Give what stands before every page, of plugins and of tasks too."""
        return [(Hosts, {"hosts": settings.hosts()})]

    def get_url_login(self, **kwargs: Any) -> str:
        """Lead who has no session to the page that says how to open one."""
        return f"{AUTH_MANAGER_FASTAPI_APP_PREFIX}/open"

    def get_fastapi_app(self) -> FastAPI:
        """Add the opening address to the simple auth manager's own."""
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        app.add_api_route("/open", open_session, methods=["GET"], response_model=None)
        if own := super().get_fastapi_app():
            app.mount("/", own)
        return app


def open_session(request: Request, token: str = "", next: str = "/") -> Response:
    """Give the browser a session for the right key, and lead it on."""
    try:
        jwt = SimpleAuthManagerLogin.create_token(LoginBody(username=keys.USER, password=token))
    except HTTPException:
        return HTMLResponse(CLOSED, 401, headers=PRIVATE)
    page = next if is_safe_url(next, request=request) else "/"
    response = RedirectResponse(page, 303, headers=PRIVATE)
    secure = request.base_url.scheme == "https"
    response.set_cookie(
        COOKIE_NAME_JWT_TOKEN,
        jwt,
        path=get_cookie_path(),
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return response
