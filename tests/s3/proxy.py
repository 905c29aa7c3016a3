"""A small HTTP proxy that counts what passes through, and spoils some of it.

A fault looks at a request and says what becomes of it: nothing special, or a Spoilt way to answer.
Puts pass one at a time, as S3 decides conditions atomically and the emulator does not.
"""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class Request:
    """A request as it came in."""

    method: str
    target: str  # path and query
    headers: dict[str, str]
    body: bytes
    number: int = 0

    @property
    def key(self) -> str:
        """The key without the bucket; empty for requests to the bucket itself."""
        return unquote(urlsplit(self.target).path).lstrip("/").partition("/")[2]

    @property
    def operation(self) -> str:
        """What S3 would call it, roughly."""
        query = parse_qs(urlsplit(self.target).query, keep_blank_values=True)
        if "list-type" in query:
            return "LIST"
        if "uploads" in query or "uploadId" in query:
            return f"{self.method} PART" if "partNumber" in query else f"{self.method} MULTIPART"
        if self.method == "PUT" and "x-amz-copy-source" in self.headers:
            return "COPY"
        return self.method


@dataclass
class Answer:
    """An answer on its way back."""

    status: int  # 0 for none at all: the connection breaks
    headers: dict[str, str]
    body: bytes
    reset: int | None = None  # after so many bytes, with RST
    pause: float = 0.0  # seconds in the middle of the body
    drip: float = 0.0  # seconds after each of its bytes
    honest: bool = False  # not to be counted as spoilt


Forward = Callable[[Request], Answer]
Fault = Callable[[Request, Forward], Answer | None]


@dataclass
class Log:
    """What has passed."""

    requests: list[Request] = field(default_factory=list)

    def counts(self, start: int = 0) -> Counter[str]:
        return Counter(request.operation for request in self.requests[start:])


class Proxy:
    """Stands before an endpoint; `fault` may be exchanged at any time."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        self.fault: Fault | None = None
        self.log = Log()
        self.spoilt = 0
        self._lock = threading.Lock()
        self._puts = threading.Lock()
        handler = type("Handler", (Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def upstream(self) -> str:
        return f"http://{self._upstream[0]}:{self._upstream[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Answer:
        with self._lock:
            request.number = len(self.log.requests)
            self.log.requests.append(request)
            fault = self.fault
        spoilt = fault(request, self.forward) if fault else None
        if spoilt is not None and not spoilt.honest:
            with self._lock:
                self.spoilt += 1
        return spoilt or self.forward(request)

    def forward(self, request: Request) -> Answer:
        if request.method in {"PUT", "DELETE"}:
            with self._puts:
                return self._send(request)
        return self._send(request)

    def _send(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(*self._upstream, timeout=30)
        try:
            headers = {
                k: v for k, v in request.headers.items() if k not in {"connection", "expect"}
            }
            headers["content-length"] = str(len(request.body))
            connection.request(request.method, request.target, request.body, headers)
            response = connection.getresponse()
            kept = {k: v for k, v in response.getheaders() if k.lower() not in HOP_BY_HOP}
            if request.method == "HEAD" and response.getheader("Content-Length"):
                kept["Content-Length"] = response.getheader("Content-Length", "0")
            return Answer(response.status, kept, response.read())
        finally:
            connection.close()


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP with the code under test."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    proxy: Proxy

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        self._reply(self.proxy.answer(request))

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_any

    def handle_expect_100(self) -> bool:
        known = super().handle_expect_100()
        self.wfile.flush()
        return known

    def _reply(self, answer: Answer) -> None:
        if not answer.status:
            return self._reset(b"")
        body = b"" if self.command == "HEAD" else answer.body
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "content-length" not in {name.lower() for name in answer.headers}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if answer.reset is not None:
            return self._reset(body[: answer.reset])
        if answer.pause:
            middle = len(body) // 2
            self.wfile.write(body[:middle])
            self.wfile.flush()
            time.sleep(answer.pause)
            body = body[middle:]
        while answer.drip and body:
            self.wfile.write(body[:1])
            self.wfile.flush()
            time.sleep(answer.drip)
            body = body[1:]
        self.wfile.write(body)
        self.wfile.flush()
        return None

    def _reset(self, body: bytes) -> None:
        self.wfile.write(body)
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)  # close with RST
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def handle(self) -> None:
        with suppress(OSError, ValueError):  # the client went away, or was cut off
            super().handle()

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        pass
