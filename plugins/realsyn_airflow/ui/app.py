"""The application at /realsyn: the pages, what they ask and do, and the pages that tasks made.

GET  /realsyn/ui/                 static files, public as those of Airflow's own UI are
GET  /realsyn/api/session         who the user is and what they may do
GET  /realsyn/api/run             root and build of a run of a DAG
GET  /realsyn/api/{view}          forwarded to the viewer
POST /realsyn/act/{action}        forwarded, with the user's name as `by`
GET  /realsyn/pages/...           realsyn_airflow.pages
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.configuration import conf
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi import Path as PathParam
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles

from realsyn_airflow import pages, settings
from realsyn_airflow.ui import access, runs, viewer
from realsyn_tasks.views.answer import POLICY, PRIVATE

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
BODY_LIMIT = 2**20  # bytes of an action
CONNECT, READ = 5.0, 60.0  # seconds
# Of the viewer's answer, what goes on to the browser.
PASSED = ("content-type", "content-encoding", "etag", "content-security-policy", "cache-control")
NONE = "{} has no run yet: start one, then look here again."
FOREIGN = "{} is none of RealSyn's DAGs: its runs have no data here."
# A view or an action: nothing that would be another one, or a query, in the address that is asked.
Name = Annotated[str, PathParam(pattern="^[a-z_]+$")]
_NO_ANSWER = "The viewer does not answer ({}). Try again in some seconds; its log may say why."
_TOO_LONG = "The viewer took more than {:.0f} s. Ask for less, or try again."


@cache
def app() -> FastAPI:
    """Make the application that Airflow's server mounts."""
    made = FastAPI(title="RealSyn", docs_url=None, redoc_url=None, openapi_url=None)
    made.add_exception_handler(HTTPException, _refused)
    made.get("/api/session")(session)
    made.get("/api/run")(run)
    made.get("/api/{name}", dependencies=[Depends(reader)], response_model=None)(view)
    made.post("/act/{name}", response_model=None)(act)
    made.mount("/ui", Pages(directory=STATIC, html=True))
    made.mount("/", pages.app())
    return made


class Pages(StaticFiles):
    """The browser's application, under a policy that lets nothing in from outside."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        """Give a file, never to be kept without asking whether it is still the same."""
        response = super().file_response(*args, **more)
        response.headers.update(PRIVATE | {"Content-Security-Policy": POLICY})
        return response


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {**(error.headers or {}), **PRIVATE}
    return JSONResponse({"error": str(error.detail)}, error.status_code, headers)


def reader(user: GetUserDep) -> None:
    """Let in who may see what builds give."""
    if not access.may_read(user):
        raise HTTPException(403, f"Your Airflow user may not see runs of {access.READ}.")


def session(user: GetUserDep) -> JSONResponse:
    """Say who the user is, what they may do, and which roots there are."""
    can = access.can(user)
    seen = [dag for dag in access.dags() if access.may_see_runs(user, dag)]
    known = runs.roots(seen) if can["read"] else []
    # Where crawls are looked for is the profile's; "airflow" says that there is one.
    marker = {"marker": settings.ingest().marker}
    name = str(user.get_name())
    said = {"user": name, "can": can, "roots": known, "ingest": marker, "airflow": True}
    return JSONResponse(said, headers=PRIVATE)


def run(user: GetUserDep, dag_id: str, run_id: str = "") -> JSONResponse:
    """Give root and build of a DAG's run, the latest unless one is named; or why there is none."""
    if dag_id not in access.dags():
        return JSONResponse({"why": FOREIGN.format(dag_id)}, headers=PRIVATE)
    if not access.may_see_runs(user, dag_id):
        raise HTTPException(403, f"Your Airflow user may not see runs of {dag_id}.")
    known = runs.run(dag_id, run_id)
    why = f"{dag_id} has no run {run_id}." if run_id else NONE.format(dag_id)
    return JSONResponse(known or {"why": why}, headers=PRIVATE)


async def view(request: Request, name: Name) -> Response:
    """Ask the viewer."""
    return await _forwarded(request, f"/realsyn/api/{name}")


async def act(request: Request, name: Name, user: GetUserDep) -> Response:
    """Have the viewer do something, in the user's name."""
    _require_own_page(request)
    body = await _body(request)
    await _require_right(user, name, body)
    # What the browser says of who acts counts for nothing.
    content = json.dumps({**body, "by": str(user.get_name())}).encode()
    return await _forwarded(request, f"/realsyn/act/{name}", content)


def _require_own_page(request: Request) -> None:
    """Refuse what a page of another origin may have sent with the user's cookie.

    Such a page can't send JSON without being asked for leave first, nor hide its origin.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "An action is a JSON object (content-type application/json).")
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc.lower() not in _hosts(request):
        raise HTTPException(403, "Pages of other origins may not act here.")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "Pages of other origins may not act here.")


def _hosts(request: Request) -> set[str]:
    """Name the hosts that are this server: as it was asked, and as Airflow says that it is."""
    base = urlsplit(conf.get("api", "base_url", fallback="")).netloc
    return {name.lower() for name in (request.headers.get("host", ""), base) if name}


async def _body(request: Request) -> dict[str, Any]:
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > BODY_LIMIT:
            raise HTTPException(413, f"The request has more than {BODY_LIMIT} bytes.")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise HTTPException(400, "An action is a JSON object.")
    return body


async def _require_right(user: Any, action: str, body: dict[str, Any]) -> None:
    if action in access.LOOKS:
        if not await run_in_threadpool(access.may_read, user):
            raise HTTPException(403, "Your Airflow user may not see these pages.")
        return
    try:
        dag = access.dag_of_action(action, body)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    if not await run_in_threadpool(access.may_trigger, user, dag):
        raise HTTPException(403, f"Your Airflow user may not do this: it takes to trigger {dag}.")


async def _forwarded(request: Request, path: str, content: bytes | None = None) -> Response:
    """Ask the viewer, and stream its answer on; words for people where it gives none."""
    try:
        place = await run_in_threadpool(viewer.viewer)
        return await _asked(request, place, path, content)
    except viewer.NoViewer as error:
        raise HTTPException(503, str(error)) from None
    except httpx.TimeoutException:
        raise HTTPException(504, _TOO_LONG.format(READ)) from None
    except httpx.HTTPError as error:
        log.warning("viewer: %s: %s", path, error)
        raise HTTPException(502, _NO_ANSWER.format(type(error).__name__)) from None


async def _asked(
    request: Request, place: viewer.Viewer, path: str, content: bytes | None
) -> Response:
    client = _client()
    asked = client.build_request(
        request.method,
        httpx.URL(place.url + path, query=request.url.query.encode()),
        content=content,
        headers=_headers(request, place.token),
    )
    answer = await client.send(asked, stream=True)
    kept = {name: answer.headers[name] for name in PASSED if name in answer.headers}

    async def parts() -> AsyncIterator[bytes]:
        try:
            async for part in answer.aiter_raw():
                yield part
        finally:
            await answer.aclose()

    # The viewer's own refusal of our token is no matter of the user's session.
    status = 502 if answer.status_code == 401 else answer.status_code
    return StreamingResponse(parts(), status, headers=PRIVATE | kept)


def _headers(request: Request, token: str) -> dict[str, str]:
    passed = {
        name: request.headers[name]
        for name in ("if-none-match", "accept-encoding", "content-type")
        if name in request.headers
    }
    return {"accept-encoding": "identity", **passed, "authorization": f"Bearer {token}"}


def _client() -> httpx.AsyncClient:
    """Give the client of this event loop: connections belong to one."""
    return _client_of(id(asyncio.get_running_loop()))


@cache
def _client_of(loop: int) -> httpx.AsyncClient:
    # No proxy of the environment lies between a server and its viewer.
    return httpx.AsyncClient(timeout=httpx.Timeout(READ, connect=CONNECT), trust_env=False)
