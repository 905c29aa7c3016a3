"""Progress of a batch: a line for people on stderr, a small object for `status` in storage.

    {run}/{stage}/_progress/00003.json      how far a batch is, and when it said so

A batch says it when it begins, when a shard or some items are done, and now and then in between, so
that one that was killed is known by its silence.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from types import TracebackType

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
    left: float | None  # seconds; None: nothing is done yet to tell it from
    at: float = 0.0  # when it was said, in seconds since 1970

    def silent(self, now: float) -> bool:
        """Say whether so much time has passed that whoever said it must be gone."""
        return abs(now - self.at) > SILENCE  # in the future, too: a clock was set back

    @staticmethod
    def parsed(data: bytes) -> BatchProgress | None:
        """Read what a batch stored; None where that is damaged."""
        try:
            return _STORED.validate_json(data)
        except ValidationError:
            return None


_STORED = TypeAdapter(BatchProgress)
PAUSE = 5.0  # seconds between reports
HEARTBEAT = 20.0  # seconds between signs of life
SILENCE = 120.0  # seconds without one


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
        self._share = 0.0  # of the current shard
        self._started = time.monotonic()
        self._reported = 0.0
        self._stored = 0.0
        self._warned = False
        self._lock = threading.Lock()
        self._over = threading.Event()

    def __enter__(self) -> Progress:
        """Say that the batch has begun, and give signs of life from now on."""
        self._store()
        threading.Thread(target=self._live, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Fall silent."""
        self._over.set()

    def _live(self) -> None:
        while not self._over.wait(HEARTBEAT):
            if time.monotonic() - self._stored >= HEARTBEAT:
                self._store()

    def items(self, done: int, total: int) -> None:
        """Report items, or bytes, done of all within the current shard."""
        self._share = done / max(total, 1)
        if time.monotonic() - self._reported >= PAUSE:
            self._report(f"{self._share:.0%} of a shard")

    def shard_done(self, shard: int) -> None:
        """Report a shard as settled."""
        self._done, self._share = self._done + 1, 0.0
        self._report(f"shard {shard:05d} settled")

    def _report(self, what: str) -> None:
        now = self._now()
        self._reported = time.monotonic()
        left = "" if now.left is None else f", about {now.left:.0f} s left"
        print(
            f"{self._label}: {now.done:.1f} of {self._shards} shards, {what},"
            f" {now.elapsed:.0f} s so far{left}",
            file=sys.stderr,
            flush=True,
        )
        if self._done >= self._shards or self._reported - self._stored >= PAUSE:
            self._store()

    def _now(self) -> BatchProgress:
        done, elapsed = self._done + self._share, time.monotonic() - self._started
        left = elapsed / done * (self._shards - done) if done else None
        return BatchProgress(done, self._shards, elapsed, left, time.time())

    def _store(self) -> None:
        """Replace the object, seldom while shards are small: each time is a request."""
        with self._lock:
            self._stored = time.monotonic()
            try:
                self._workspace.storage.replace(self._path, _STORED.dump_json(self._now()))
            except (RealSynError, OSError) as error:
                self._warn(error)

    def _warn(self, error: Exception) -> None:
        """Say once that progress cannot be stored, which is no reason to stop."""
        if not self._warned:
            self._warned = True
            print(f"warning: no progress in {self._path}: {error}", file=sys.stderr, flush=True)
