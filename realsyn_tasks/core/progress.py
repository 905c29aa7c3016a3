"""Progress of a batch: a line for people on stderr, a small object for `status` in storage."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import RealSynError
from realsyn_tasks.core.workspace import Workspace


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is."""

    done: float  # shards
    shards: int
    elapsed: float  # seconds
    left: float  # seconds
    at: float = 0.0  # when it was reported, in seconds since 1970

    @staticmethod
    def parsed(data: bytes) -> BatchProgress | None:
        """Read what a batch stored; None where that is damaged."""
        try:
            return _STORED.validate_json(data)
        except ValidationError:
            return None


_STORED = TypeAdapter(BatchProgress)
PAUSE = 5.0  # seconds between reports


class Countdown:
    """Says of a step of so many bytes how far it is and about how long it will take."""

    def __init__(self, label: str, size: int) -> None:
        self._label, self._size = label, size
        self._done = 0
        self._started = self._reported = time.monotonic()
        self._lock = threading.Lock()  # several objects are worked on at once

    def add(self, size: int) -> None:
        """Count what was done; say so now and then."""
        with self._lock:
            self._done += size
            now = time.monotonic()
            if now - self._reported >= PAUSE:
                self._reported = now
                self._report(now - self._started)

    def _report(self, elapsed: float) -> None:
        left = elapsed / max(1, self._done) * (self._size - self._done)
        print(
            f"{self._label}: {self._done / 1e9:.2f} of {self._size / 1e9:.2f} GB,"
            f" {elapsed:.0f} s so far, about {left:.0f} s left",
            file=sys.stderr,
            flush=True,
        )


class Progress:
    """Counts shards and items, and says when the batch will probably be done."""

    def __init__(self, workspace: Workspace, stage: Stage, batch: int, shards: int) -> None:
        self._workspace = workspace
        self._path = f"{workspace.folder}/{stage.name}/_progress/{batch:05d}.json"
        self._label = f"{stage.name} batch {batch}"
        self._shards = shards
        self._done = 0
        self._started = time.monotonic()
        self._reported = 0.0
        self._stored = 0.0
        self._warned = False

    def items(self, done: int, total: int) -> None:
        """Report items done within the current shard."""
        if time.monotonic() - self._reported >= PAUSE:
            self._report(self._done + done / max(total, 1), f"{done}/{total} items")

    def shard_done(self, shard: int) -> None:
        """Report a shard as settled."""
        self._done += 1
        self._report(self._done, f"shard {shard:05d} settled")

    def _report(self, done: float, what: str) -> None:
        self._reported = time.monotonic()
        elapsed = self._reported - self._started
        left = elapsed / done * (self._shards - done) if done else 0.0
        print(
            f"{self._label}: {done:.1f} of {self._shards} shards, {what},"
            f" {elapsed:.0f} s so far, about {left:.0f} s left",
            file=sys.stderr,
            flush=True,
        )
        self._store(done, elapsed, left)

    def _store(self, done: float, elapsed: float, left: float) -> None:
        """Replace the object, seldom while shards are small: each time is a request."""
        if done < self._shards and self._reported - self._stored < PAUSE:
            return
        self._stored = self._reported
        record = BatchProgress(done, self._shards, elapsed, left, at=round(time.time(), 1))
        try:
            self._workspace.storage.replace(self._path, _STORED.dump_json(record))
        except (RealSynError, OSError) as error:
            self._warn(error)

    def _warn(self, error: Exception) -> None:
        """Say once that progress cannot be stored, which is no reason to stop."""
        if not self._warned:
            self._warned = True
            print(f"warning: no progress in {self._path}: {error}", file=sys.stderr, flush=True)
