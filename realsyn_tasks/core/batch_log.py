"""The log of one try at a batch, in storage: what came of each shard, one JSON object a line.

A pod's own log goes when the pod goes; this one stays beside the commits. The object is replaced
as it grows, seldom while all goes well and at once when something fails.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import secrets
import sys
import threading
import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from realsyn_tasks import __version__
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import RealSynError
from realsyn_tasks.core.workspace import Workspace

PAUSE = 15.0  # seconds between replacements while nothing fails


class BatchLog:
    """Notes events; as a context manager it takes in warnings of libraries and notes the end."""

    def __init__(self, workspace: Workspace, stage: Stage, batch: int) -> None:
        self._storage = workspace.storage
        attempt = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self._path = f"{workspace.folder}/{stage.name}/_logs/{batch:05d}/{attempt}.jsonl"
        self._lines: list[str] = []
        self._lock = threading.RLock()  # several shards may be at work
        self._warned = False
        self._stored = time.monotonic()
        self._handler = _Handler(self)
        pod = os.environ.get("REALSYN_POD") or platform.node()
        self.note("started", stage=stage.name, batch=batch, host=pod, code_version=__version__)

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self._handler)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        logging.getLogger().removeHandler(self._handler)
        why = {"error": f"{kind.__name__}: {error}"} if kind else {}
        self.note("ended", level="error" if kind else "info", **why)
        self._store()

    def note(self, event: str, level: str = "info", **fields: Any) -> None:
        """Note an event; one of level error is stored at once."""
        record = {"time": datetime.now(UTC).isoformat(), "level": level, "event": event, **fields}
        with self._lock:
            self._lines.append(json.dumps(record, default=str))
            if level == "error" or time.monotonic() - self._stored >= PAUSE:
                self._store()

    def _store(self) -> None:
        """Replace the object; a log that cannot be written is no reason to fail."""
        self._stored = time.monotonic()
        try:
            self._storage.replace(self._path, ("\n".join(self._lines) + "\n").encode())
        except (RealSynError, OSError) as error:
            if not self._warned:
                self._warned = True
                print(f"warning: no log in {self._path}: {error}", file=sys.stderr, flush=True)


class _Handler(logging.Handler):
    def __init__(self, log: BatchLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.note("warning", "warning", logger=record.name, message=record.getMessage())
