"""A chat endpoint on loopback that answers by the digest of what it is asked."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = ("the", "cat", "dog", "sat", "ran", "mat", "and", "on")


class Handler(BaseHTTPRequestHandler):
    """Reads the messages, and says a few words that follow from them."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"]
        body = json.dumps({"choices": [{"message": {"content": _words(asked)}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: Any) -> None:
        pass


def _words(asked: Any) -> str:
    digest = hashlib.sha256(json.dumps(asked).encode()).digest()
    return " ".join(WORDS[byte % len(WORDS)] for byte in digest[:6])


@contextmanager
def listening() -> Iterator[int]:
    """Give the port at which it is asked."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()
