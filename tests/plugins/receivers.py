"""Receivers on loopback: a mail server, and a web server that notes what is posted to it."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any


class _Smtp(StreamRequestHandler):
    """As much of SMTP as a client needs to hand over a mail."""

    def handle(self) -> None:
        self.say("220 loopback")
        while line := self.rfile.readline().decode("ascii").strip().upper():
            if line == "DATA":
                self.say("354 go on")
                self.server.mails.append(self.mail())  # type: ignore[attr-defined]
            self.say("221 bye" if line == "QUIT" else "250 ok")
            if line == "QUIT":
                return

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())

    def mail(self) -> EmailMessage:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        whole = b"".join(line.removeprefix(b".") for line in lines)
        return email.message_from_bytes(whole, policy=email.policy.default)  # type: ignore[return-value]


class _Web(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.posted.append((self.path, json.loads(body)))
        self.send_response(server.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def _serving(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def mail_server() -> Iterator[Any]:
    """A mail server; `mails` are those that it was given."""
    server: Any = ThreadingTCPServer(("127.0.0.1", 0), _Smtp)
    server.mails = []
    with _serving(server):
        yield server


@contextmanager
def web_server(status: int = 200) -> Iterator[Any]:
    """A web server that answers with a status; `posted` are paths and objects."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    server.posted, server.status = [], status
    with _serving(server):
        yield server
