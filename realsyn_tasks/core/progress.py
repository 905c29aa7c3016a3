"""Progress of a batch: a line for people on stderr, a small object for `status` in storage.

    {run}/{stage}/_progress/00003.json      how far a batch is, and when it said so

A batch says it when it begins, when a shard or some items are done, and now and then in between, so
that one that was killed is known by its silence.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import RealSynError
from realsyn_tasks.core.stage import BYTES, ITEMS
from realsyn_tasks.core.workspace import Workspace


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is. Sizes are what core.shard_sizes tells of its shards."""

    done: float  # shards
    shards: int
    elapsed: float  # seconds
    left: float | None  # seconds; None: nothing is done yet to tell it from
    at: float = 0.0  # when it was said, in seconds since 1970
    shard: int | None = None  # that it is at, the first of several
    items: int = 0  # done, of all shards
    unit: str = ITEMS
    size: float = 0.0  # of what is done ...
    begun: float = 0.0  # ... of which so much is of the shards that it is at

    @property
    def rate(self) -> float | None:
        """Give the items of a second; None where the stage counts none."""
        return self.items / self.elapsed if self.items and self.elapsed else None

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
SLOW = 10.0  # items a second, of which a tenth is told


class Countdown:
    """Says of a step of so many bytes or items how far it is and about how long it will take."""

    def __init__(self, label: str, size: int = 0, unit: str = BYTES) -> None:
        self._label, self._size, self._unit = label, size, unit
        self._done = 0
        self._started = self._reported = time.monotonic()
        self._lock = threading.Lock()  # several objects are worked on at once

    def add(self, size: int) -> None:
        """Count what was done; say so now and then."""
        with self._lock:
            self._reach(self._done + size)

    def reach(self, done: int, total: int, unit: str = ITEMS, /) -> None:
        """Take word, as a Reporter, of how far the step is; say so now and then."""
        with self._lock:
            self._size, self._unit = total, unit
            self._reach(done)

    def _reach(self, done: int) -> None:
        self._done = done
        now = time.monotonic()
        if now - self._reported >= PAUSE:
            self._reported = now
            self._report(now - self._started)

    def _report(self, elapsed: float) -> None:
        facts = [_whole(self._done, self._size, self._unit), f"{elapsed:.0f} s so far"]
        if self._done:
            left = elapsed / self._done * max(0, self._size - self._done)
            facts.append(f"about {left:.0f} s left")
        print(f"{self._label}: {', '.join(facts)}", file=sys.stderr, flush=True)


class Progress:
    """Counts shards and items, and says when the batch will probably be done."""

    def __init__(
        self, workspace: Workspace, stage: Stage, batch: int, sizes: Mapping[int, float]
    ) -> None:
        self._workspace = workspace
        self._path = f"{workspace.folder}/{stage.name}/_progress/{batch:05d}.json"
        self._label = f"{stage.name} batch {batch}"
        self._sizes = sizes  # of the shards that are due
        self._done: set[int] = set()
        self._items: dict[int, tuple[int, int]] = {}  # of the shards at work: done, and in all
        self._counted = 0  # items of those before them
        self._unit = ITEMS
        self._started = time.monotonic()
        self._reported = 0.0
        self._stored = 0.0
        self._warned = False
        self._lock = threading.Lock()  # of what is stored
        self._counting = threading.Lock()
        self._over = threading.Event()

    def __enter__(self) -> Progress:
        """Say that the batch has begun, and give signs of life from now on."""
        self._store()
        threading.Thread(target=self._live, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Fall silent."""
        self._over.set()

    def _live(self) -> None:
        while not self._over.wait(HEARTBEAT):
            if time.monotonic() - self._stored >= HEARTBEAT:
                self._store()

    def begin(self, shard: int) -> None:
        """Note that a shard is at work, too; it is stored with what is said next."""
        with self._counting:
            self._items[shard] = (0, 0)

    def items(self, shard: int, done: int, total: int, unit: str = ITEMS, /) -> None:
        """Report items, or bytes, done of all within a shard."""
        with self._counting:
            self._items[shard], self._unit = (done, max(total, 1)), unit
        if time.monotonic() - self._reported >= PAUSE:
            self._report(_amount(done, total, unit))

    def shard_done(self, shard: int) -> None:
        """Report a shard as settled."""
        with self._counting:
            self._counted += self._items.pop(shard, (0, 0))[1]
            self._done.add(shard)
        self._report(f"shard {shard:05d} settled")

    def _report(self, what: str) -> None:
        now = self._now()
        self._reported = time.monotonic()
        facts = [f"{now.done:.1f} of {now.shards} shards", what]
        facts += [rate_in_words(now.rate, now.unit)] if now.rate else []
        facts += [f"{now.elapsed:.0f} s so far"]
        facts += [f"about {now.left:.0f} s left"] if now.left and now.left >= 1 else []
        print(f"{self._label}: {', '.join(facts)}", file=sys.stderr, flush=True)
        if len(self._done) >= now.shards or self._reported - self._stored >= PAUSE:
            self._store()

    def _now(self) -> BatchProgress:
        with self._counting:
            return self._as_counted()

    def _as_counted(self) -> BatchProgress:
        shares = {
            shard: min(1.0, done / total) if total else 0.0
            for shard, (done, total) in self._items.items()
        }
        begun = sum(share * self._sizes.get(shard, 0.0) for shard, share in shares.items())
        size = sum(self._sizes.get(shard, 0.0) for shard in self._done) + begun
        elapsed = time.monotonic() - self._started
        left = elapsed / size * (sum(self._sizes.values()) - size) if size else None
        return BatchProgress(
            done=len(self._done) + sum(shares.values()),
            shards=len(self._sizes),
            elapsed=elapsed,
            left=left,
            at=time.time(),
            shard=min(shares, default=None),
            items=self._counted + sum(done for done, _ in self._items.values()),
            unit=self._unit,
            size=size,
            begun=begun,
        )

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


def _amount(done: int, total: int, unit: str) -> str:
    share = f" ({done / total:.0%})" if total else ""
    if unit == BYTES:
        return f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB of a shard{share}"
    return f"{done:,} of {total:,} {unit} of a shard{share}"


def _whole(done: int, total: int, unit: str) -> str:
    if unit == BYTES:
        return f"{done / 1e9:.2f} of {total / 1e9:.2f} GB"
    return f"{done:,} of {total:,} {unit}"


def rate_in_words(rate: float, unit: str) -> str:
    """Say how many items, or megabytes, go through in a second."""
    if unit == BYTES:
        return f"{rate / 1e6:,.1f} MB/s"
    return f"{rate:,.1f} {unit}/s" if rate < SLOW else f"{rate:,.0f} {unit}/s"
