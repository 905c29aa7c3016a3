"""The viewer: views and actions over HTTP, for Airflow's API server and nobody else.

REALSYN_VIEWER_TOKEN   what a caller has to bear: `Authorization: Bearer ...`

GET  /realsyn/api/{view}?root=...     JSON, or a picture
POST /realsyn/act/{action}            a JSON object
GET  /health                          says that it is there

Who may see or do what is Airflow's to say (plugins/realsyn_airflow/ui.py); the viewer trusts
whoever has the token. With `dev` there is no token, and the pages are served as well: on loopback.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvicorn
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from pydantic_core import to_jsonable_python
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from realsyn_tasks.core.closed import json_object
from realsyn_tasks.core.errors import ConfigError, PermanentError, TransientError, explained
from realsyn_tasks.core.include import PROJECT
from realsyn_tasks.views import routes
from realsyn_tasks.views.answer import POLICY, PRIVATE, Picture, Unknown
from realsyn_tasks.views.quiet import QUIET

log = logging.getLogger(__name__)

TOKEN = "REALSYN_VIEWER_TOKEN"
STATIC = PROJECT / "plugins" / "realsyn_airflow" / "ui" / "static"
LIMIT = 16 * 2**20  # bytes of an answer
BODY_LIMIT = 2**20  # bytes of a request
THREADS = 8  # views at work at once; the others wait
GRACE = 5  # seconds for requests at hand when the server is told to end
SANDBOX = {"Content-Security-Policy": "sandbox; default-src 'none'"}
_MISTAKE = "this is a mistake in the program: the viewer's log has the trace"

Endpoint = Callable[[Request], Awaitable[Response]]


def app(token: str, dev: bool = False) -> Starlette:
    """Make the application; ConfigError if there is neither a token nor `dev`."""
    if not token and not dev:
        raise ConfigError(f"set {TOKEN} to a secret that callers have to bear, or add --dev")
    limiter = CapacityLimiter(THREADS)
    guarded = partial(_guarded, "" if dev else token)
    paths: list[BaseRoute] = [
        Route("/health", _health),
        Route("/realsyn/api/{name}", guarded(partial(_view, limiter))),
        Route("/realsyn/act/{name}", guarded(partial(_action, limiter)), methods=["POST"]),
    ]
    middleware = [Middleware(GZipMiddleware, minimum_size=1000)]
    if dev:
        paths = [*_pages(), *paths]
        # A page from elsewhere whose name leads to loopback must not read what is here.
        here = ["localhost", "127.0.0.1", "[::1]", "testserver"]
        middleware.append(Middleware(TrustedHostMiddleware, allowed_hosts=here))
    return Starlette(routes=paths, middleware=middleware)


async def _health(request: Request) -> Response:
    return JSONResponse({"views": sorted(routes.table(routes.VIEWS))}, headers=PRIVATE)


def _guarded(token: str, endpoint: Endpoint) -> Endpoint:
    """Let in who bears the token, and give what goes wrong as words for people."""

    async def guarded(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token and not hmac.compare_digest(given.encode(), token.encode()):
            return _refusal(401, "this is for Airflow's API server: bear the viewer's token")
        try:
            return await endpoint(request)
        except Exception as error:
            return _in_words(error, request)

    return guarded


def _in_words(error: Exception, request: Request) -> Response:
    known = explained(error)
    if known is not error:  # nobody has foreseen it there
        log.error("%s %s", request.method, request.url.path, exc_info=error)
    if isinstance(known, Unknown):
        return _refusal(404, str(known))
    if isinstance(known, ConfigError):
        return _refusal(400, str(known))
    if isinstance(known, TransientError):
        return _refusal(503, f"{known}. Try again; if it stays so, look after the storage")
    if isinstance(known, PermanentError):
        return _refusal(500, str(known))
    return _refusal(500, f"{request.url.path}: {_MISTAKE}")


def _refusal(status: int, said: str) -> Response:
    return JSONResponse({"error": said}, status, headers=PRIVATE)


async def _view(limiter: CapacityLimiter, request: Request) -> Response:
    route = routes.view(request.path_params["name"])
    pairs = request.query_params.multi_items()
    return await run_sync(_answered, request, partial(route.from_query, pairs), limiter=limiter)


async def _action(limiter: CapacityLimiter, request: Request) -> Response:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise ConfigError("an action wants a JSON object: content-type application/json")
    route = routes.action(request.path_params["name"])
    words = json_object((await _body(request)).decode("utf-8", "replace"), "the request")
    return await run_sync(_answered, request, partial(route.call, words), limiter=limiter)


async def _body(request: Request) -> bytes:
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > BODY_LIMIT:
            raise ConfigError(f"the request has more than {BODY_LIMIT} bytes")
    return data


def _answered(request: Request, call: Callable[[], Any]) -> Response:
    """Call, encode and compare with what the browser has, off the event loop."""
    with QUIET.answering():
        answer = call()
        picture = answer if isinstance(answer, Picture) else None
        data = picture.data if picture else _encoded(answer)
    if len(data) > LIMIT:
        raise ConfigError(f"the answer has {len(data)} bytes, more than {LIMIT}: ask for less")
    tag = f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'
    headers = PRIVATE | {"ETag": tag} | (SANDBOX if picture else {})
    if request.method == "GET" and tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    media_type = picture.media_type if picture else "application/json"
    return Response(data, headers=headers, media_type=media_type)


def _encoded(answer: Any) -> bytes:
    plain = to_jsonable_python(answer, by_alias=True)
    # A browser reads no NaN.
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


class _Pages(StaticFiles):
    """The browser's application, as Airflow's API server gives it."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        response = super().file_response(*args, **more)
        response.headers.update(PRIVATE | {"Content-Security-Policy": POLICY})
        return response


def _pages() -> list[BaseRoute]:
    return [
        Route("/", _to_pages),
        Route("/realsyn/api/session", _session),
        Mount("/realsyn/ui", _Pages(directory=STATIC, html=True)),
    ]


async def _to_pages(request: Request) -> Response:
    return RedirectResponse("/realsyn/ui/")


async def _session(request: Request) -> Response:
    """Say what Airflow's plugin says of a user and a deployment, for one who may do all."""
    root = os.environ.get("REALSYN_ROOT", "")
    can = {"read": True, "release": True, "override": True, "mark": True, "trigger": {}}
    said = {"user": "developer", "can": can, "roots": [root] if root else [], "airflow": False}
    return JSONResponse(said, headers=PRIVATE)


@dataclass(frozen=True)
class Place:
    """Where the viewer listens, and whose end is its own."""

    host: str
    port: int  # 0: any
    dev: bool = False
    parent: int = 0  # a process; 0: nobody's


def serve(place: Place, announce: Callable[[dict[str, Any]], None]) -> None:
    """Serve until SIGTERM, or the parent's end; `announce` is told host and port.

    ConfigError if the place cannot be had, or lies open to others without a token.
    """
    if place.dev and not _is_loopback(place.host):
        raise ConfigError(f"--dev asks nobody who they are: only on loopback, not on {place.host}")
    application = app(os.environ.get(TOKEN, ""), place.dev)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    with _listening(place) as listener:
        port = listener.getsockname()[1]
        announce({"host": place.host, "port": port, "url": f"http://{place.host}:{port}/"})
        routes.table(routes.VIEWS)  # imported now: the first request waits for less
        asyncio.run(_served(_Server(config), listener, place.parent))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def _listening(place: Place) -> Iterator[socket.socket]:
    try:
        family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
        listener = socket.create_server((place.host, place.port), family=family)
    except OSError as error:
        raise ConfigError(f"cannot listen at {place.host}:{place.port}: {error}") from None
    with listener:
        yield listener


class _Server(uvicorn.Server):
    """Ends by SIGTERM in its own time, and does not raise it again: nothing is abandoned."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        caught = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self.handle_exit) for number in caught}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


async def _served(server: _Server, listener: socket.socket, parent: int) -> None:
    watch = asyncio.create_task(_follow(server, parent)) if parent else None
    await server.serve(sockets=[listener])
    if watch:
        watch.cancel()


async def _follow(server: _Server, parent: int) -> None:
    """End with the process that started this one, however that ended."""
    while os.getppid() == parent:
        await asyncio.sleep(1.0)
    server.should_exit = True
