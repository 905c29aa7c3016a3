"""A hub on loopback: what is asked of one to make a repository, commit to it, and fetch a model."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c0ffee" + "0" * 34
LARGE = 3_000  # bytes: larger files go by the protocol for large ones


class Hub:
    """The state of the hub: one repository, and what was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.objects: dict[str, bytes] = {}  # by SHA-256
        self.made: list[dict[str, Any]] = []
        self.commits: list[list[str]] = []
        self.tokens: set[str] = set()
        self.asked: list[tuple[str, int]] = []  # files of models, and from which byte on
        self.breaks: list[int] = []  # bytes after which an answer breaks off, the next one first
        self.fails_at = -1  # the commit that fails
        self.answer = 503
        self.url = ""

    def tree(self) -> list[dict[str, Any]]:
        return [_entry(path, data) for path, data in sorted(self.files.items())]

    def commit(self, lines: list[dict[str, Any]]) -> None:
        changed = []
        for line in lines[1:]:
            value = line["value"]
            changed.append(value["path"])
            if line["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.files[value["path"]] = self.objects[value["oid"]]
            else:
                del self.files[value["path"]]
        self.commits.append(changed)


def _entry(path: str, data: bytes) -> dict[str, Any]:
    oid = hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()
    entry: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": oid}
    if len(data) > LARGE:
        sha256 = hashlib.sha256(data).hexdigest()
        entry["lfs"] = {"oid": sha256, "size": len(data), "pointerSize": 130}
    return entry


def _sibling(entry: dict[str, Any]) -> dict[str, Any]:
    told = {"rfilename": entry["path"], "size": entry["size"], "blobId": entry["oid"]}
    large = entry.get("lfs")
    return told | ({"lfs": {"sha256": large["oid"], "size": large["size"]}} if large else {})


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_GET(self) -> None:
        if self.path.startswith("/api/models/"):
            self._reply({"sha": COMMIT, "siblings": [_sibling(each) for each in self.hub.tree()]})
        elif f"/resolve/{COMMIT}/" in self.path:
            self._send(self.path.partition(f"/resolve/{COMMIT}/")[2])
        else:
            self._reply(self.hub.tree() if "/tree/" in self.path else {})

    def _send(self, name: str) -> None:
        """Send a file of a model from a byte on; break off where the test says so."""
        self.hub.tokens.add(self.headers.get("Authorization", ""))
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.hub.asked.append((name, start))
        data = self.hub.files[name][start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: self.hub.breaks.pop(0)] if self.hub.breaks else data)

    def do_PUT(self) -> None:
        data = self._body()
        self.hub.objects[self.path.rsplit("/", 1)[-1]] = data
        self._reply({})

    def do_POST(self) -> None:
        self.hub.tokens.add(self.headers.get("Authorization", ""))
        body = self._body()
        if self.path.endswith("/repos/create"):
            self._create(json.loads(body))
        elif "/preupload/" in self.path:
            self._reply({"files": [_mode(file) for file in json.loads(body)["files"]]})
        elif self.path.endswith("/objects/batch"):
            self._reply({"objects": [self._upload(each) for each in json.loads(body)["objects"]]})
        elif "/commit/" in self.path:
            self._commit(body)
        else:
            self._reply({})

    def _create(self, asked: dict[str, Any]) -> None:
        exists = bool(self.hub.made)
        self.hub.made.append(asked)
        self._reply({"url": f"{self.hub.url}/datasets/lab/pairs"}, 409 if exists else 200)

    def _upload(self, each: dict[str, Any]) -> dict[str, Any]:
        href = f"{self.hub.url}/upload/{each['oid']}"
        return {**each, "actions": {"upload": {"href": href, "header": {}}}}

    def _commit(self, body: bytes) -> None:
        if len(self.hub.commits) == self.hub.fails_at:
            self._reply({"error": "not now"}, self.hub.answer)
            return
        self.hub.commit([json.loads(line) for line in body.splitlines() if line])
        self._reply(
            {"commitUrl": f"{self.hub.url}/datasets/lab/pairs/commit/abc", "commitOid": "abc"}
        )

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _reply(self, answer: Any, status: int = 200) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words: Any) -> None:
        return


def _mode(file: dict[str, Any]) -> dict[str, Any]:
    mode = "lfs" if file["size"] > LARGE else "regular"
    return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}


@contextmanager
def running() -> Iterator[Hub]:
    """Serve a hub on loopback."""
    hub = Hub()
    handler = type("Here", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
