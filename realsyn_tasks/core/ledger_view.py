"""The ledgers of one run as a process sees them that lives long and is asked again and again.

Each look reads only what has changed since the last one: a stage is worked out anew where its own
markers or notes, what it reads, or what is promoted have changed. Markers are believed at first;
`look_at_objects` then finds out, stage by stage, which shards are damaged, and the next look says
so, also of the stages behind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from pydantic import ValidationError

from realsyn_tasks.core.answers import SETTLED, UNDONE, ShardState, StageStatus
from realsyn_tasks.core.commits import Failure, Ledger
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.ledger_index import IndexedMarkers
from realsyn_tasks.core.outlines import Outlines
from realsyn_tasks.core.planner import Planner, shards_of
from realsyn_tasks.core.progress import BatchProgress
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Promotion, Workspace

Record = TypeVar("Record")

ADOPTED, RUNNING, FOLLOWS = "adopted", "running", "follows"
LETTERS = {
    ShardState.DONE.value: "d",
    ADOPTED: "a",
    RUNNING: "r",
    ShardState.MISSING.value: "m",
    ShardState.STALE.value: "s",
    ShardState.DAMAGED.value: "x",
    ShardState.FAILED.value: "f",
    ShardState.QUARANTINED.value: "q",
    FOLLOWS: "i",  # quarantined because what it reads is
    ShardState.WAITING.value: "w",
}


class SeenRecords(Generic[Record]):
    """Small records directly below a prefix, of which only those that changed are read again."""

    def __init__(
        self, storage: Storage, prefix: str, parse: Callable[[bytes], Record | None]
    ) -> None:
        self._storage, self._prefix, self._parse = storage, prefix, parse
        self._tags: dict[str, str] = {}
        self.records: dict[str, Record] = {}  # by name; another dict after a change

    def look(self) -> Mapping[str, Record]:
        """Give the records by name, without those that are torn."""
        listed = self._storage.tags(self._prefix)
        unread = [name for name, tag in listed.items() if not tag or self._tags.get(name) != tag]
        if unread or listed.keys() != self._tags.keys():
            self.records = {n: r for n, r in self.records.items() if n in listed}
            for name, tag, data in self._storage.read_tagged(self._prefix, unread):
                listed[name] = tag
                self._take(name, self._parse(data))
        self._tags = listed
        return self.records

    def _take(self, name: str, record: Record | None) -> None:
        self.records.pop(name, None)
        if record is not None:
            self.records[name] = record


class SeenLedger(Ledger):
    """A stage's ledger as it was when somebody looked last."""

    def __init__(self, storage: Storage, folder: str) -> None:
        super().__init__(storage, folder)
        self._path = folder
        self._markers = IndexedMarkers(storage, folder)
        self._notes = SeenRecords(storage, f"{folder}/_failures", _note)
        self._seen = Outlines.of([])
        self._failures: dict[int, Failure] = {}
        self._damaged: dict[int, str] = {}  # shard -> attempt
        self._whole: dict[int, str] = {}  # shard -> attempt of which all objects were there
        self._all_looked_at: bool | None = None  # not known

    def look(self) -> bool:
        """Look for markers and notes that have changed; say whether any has."""
        outlines = self._markers.unlisted()
        failures = {note.shard: note for note in self._notes.look().values()}
        same = _alike(outlines, self._seen) and failures == self._failures
        if not same:
            self._seen, self._failures, self._all_looked_at = outlines, failures, None
        return not same

    def look_at_objects(self) -> bool:
        """Look whether objects are there in full size that nobody has looked at.

        Says whether that changes anything: something is damaged, or no longer.
        """
        markers = IndexedMarkers(self._storage, self._path).unlisted()
        due = {n for n in self._unlooked(markers) if n in markers}
        damaged = super().damaged(markers.only(due))
        before = self._damaged
        attempts = dict(zip(markers.shards, markers.attempts, strict=True))
        self._damaged = {n: a for n, a in before.items() if attempts.get(n) == a and n not in due}
        self._damaged |= {shard: attempts[shard] for shard in damaged}
        self._whole |= {shard: attempts[shard] for shard in due - damaged}
        self._all_looked_at = None
        return before != self._damaged

    def forget_objects(self) -> None:
        """Look at all objects again when they are looked at next."""
        self._whole, self._damaged, self._all_looked_at = {}, {}, None

    @property
    def looked_at(self) -> bool:
        """Say whether the objects of all that is committed now have been looked at."""
        if self._all_looked_at is None:
            self._all_looked_at = not self._unlooked(self._seen)
        return self._all_looked_at

    def _unlooked(self, outlines: Outlines) -> list[int]:
        pairs = zip(outlines.shards, outlines.attempts, strict=True)
        return [n for n, a in pairs if self._whole.get(n) != a and self._damaged.get(n) != a]

    def outlines(self) -> Outlines:
        """Give the outlines of the markers as they were last."""
        return self._seen

    def failures(self) -> dict[int, Failure]:
        """Give the failure notes as they were last."""
        return self._failures

    def damaged(self, outlines: Outlines) -> set[int]:
        """Give the shards that are known to be damaged."""
        lines = {shard: outlines.get(shard) for shard in self._damaged}
        return {n for n, line in lines.items() if line and line.attempt == self._damaged[n]}


def _alike(one: Outlines, other: Outlines) -> bool:
    """Say whether outlines are of the same tries at the same shards."""
    columns = ("shards", "attempts", "fingerprints", "digests", "origins")
    return one is other or all(list(getattr(one, n)) == list(getattr(other, n)) for n in columns)


def _note(data: bytes) -> Failure | None:
    try:
        return Failure.model_validate_json(data)
    except ValidationError:
        return None


@dataclass(frozen=True)
class StageView:
    """The shards of one stage: their states, one letter each, and the batches at work on them."""

    status: StageStatus
    letters: str
    running: Mapping[int, BatchProgress] = field(default_factory=dict)  # by batch
    looked_at: bool = field(default=False, compare=False)  # objects, too

    @property
    def runs(self) -> str:
        """Give the letters with how often each comes in a row: `d9990fd9`."""
        lengths = ((letter, sum(1 for _ in same)) for letter, same in groupby(self.letters))
        return "".join(f"{letter}{length if length > 1 else ''}" for letter, length in lengths)


@dataclass(frozen=True)
class Snapshot:
    """A run as it was at one look."""

    number: int  # another one after each change of states or of batches at work
    at: float  # when, in seconds since 1970
    stages: Mapping[str, StageView]  # by name, in order
    promoted: Mapping[str, Promotion | None]  # by group

    @property
    def looked_at(self) -> bool:
        """Say whether the objects of every stage have been looked at."""
        return all(view.looked_at for view in self.stages.values())


class LedgerView:
    """The states of all shards of one run; ask from one thread at a time, or by `snapshot`."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.ledgers = {
            stage.name: SeenLedger(workspace.storage, f"{workspace.folder}/{stage.name}")
            for stage in workspace.stages()
        }
        self.planner = Planner(workspace, ledger_of=self.ledgers.__getitem__)
        self._progress = {
            stage.name: SeenRecords(
                workspace.storage,
                f"{workspace.folder}/{stage.name}/_progress",
                BatchProgress.parsed,
            )
            for stage in workspace.stages()
        }
        self._lock = threading.Lock()
        self._last, self._looked = Snapshot(0, 0.0, {}, {}), 0.0
        self._stirred: set[str] = set()  # stages of which an object turned out to be damaged

    def snapshot(self, within: float = 0.0) -> Snapshot:
        """Look, and give what is there; a look not older than some seconds may stand for it."""
        with self._lock:
            # Not by the clock on the wall: set back, it would let an old look stand for hours.
            if not self._last.stages or time.monotonic() - self._looked > within:
                self._last, self._looked = self._look(), time.monotonic()
            return self._last

    def look_at_objects(self) -> Iterator[str]:
        """Look at the objects of one stage after the other, where that is due; name each."""
        for stage in self.workspace.stages():
            ledger = self.ledgers[stage.name]
            if not ledger.looked_at:
                if ledger.look_at_objects():
                    self._stirred.add(stage.name)
                yield stage.name

    def look_again(self) -> None:
        """Let all objects be looked at again by the next `look_at_objects`."""
        for ledger in self.ledgers.values():
            ledger.forget_objects()
        self._stirred |= set(self.ledgers)

    def _look(self) -> Snapshot:
        now, last = time.time(), self._last
        promoted = {g.name: self.workspace.promotion(g.name) for g in self.workspace.groups}
        everything = not last.stages or promoted != last.promoted
        self.planner.forget_promotions()
        stages = self.workspace.stages()
        looks = self.workspace.storage.each(self._look_at, stages)
        changed = {s.name for s, stirred in zip(stages, looks, strict=True) if stirred}
        changed |= {self._stirred.pop() for _ in range(len(self._stirred))}
        views: dict[str, StageView] = {}
        for stage in stages:
            needed = self.workspace.pipeline.needed(stage)
            due = everything or changed.intersection((stage.name, *needed))
            before = last.stages.get(stage.name)
            if due or before is None:
                self.planner.forget(stage)
            status = self.planner.status(stage)
            if before is None or not _same(before.status, status):
                changed.add(stage.name)
            views[stage.name] = self._view(stage, status, before, now)
        number = last.number + (everything or views != dict(last.stages))
        return Snapshot(number, now, views, promoted)

    def _look_at(self, stage: Stage) -> bool:
        return self.ledgers[stage.name].look()

    def _view(
        self, stage: Stage, status: StageStatus, before: StageView | None, now: float
    ) -> StageView:
        running = {} if status.complete else self._running(stage, status, now)
        looked_at = self.ledgers[stage.name].looked_at
        if before and before.status is status and before.running == running:
            return before if before.looked_at == looked_at else replace(before, looked_at=looked_at)
        return StageView(status, self._letters(stage, status, running), running, looked_at)

    def _running(self, stage: Stage, status: StageStatus, now: float) -> dict[int, BatchProgress]:
        """Give the reports of batches that have shards left and were heard of lately."""
        reports = {
            int(batch): report
            for name, report in self._progress[stage.name].look().items()
            if (batch := PurePosixPath(name).stem).isdecimal()
            and report.done < report.shards
            and not report.silent(now)
        }
        return {
            batch: report
            for batch, report in sorted(reports.items())
            if any(
                status.states.get(shard) not in SETTLED
                for shard in shards_of(self.workspace, stage, batch)
            )
        }

    def _letters(
        self, stage: Stage, status: StageStatus, running: Mapping[int, BatchProgress]
    ) -> str:
        letters = [LETTERS[state.value] for _, state in sorted(status.states.items())]
        lines = status.outlines
        for shard, origin in zip(lines.shards, lines.origins, strict=True):
            if origin and letters[shard] == LETTERS[ShardState.DONE.value]:
                letters[shard] = LETTERS[ADOPTED]
        for batch in running:
            for shard in shards_of(self.workspace, stage, batch):
                if status.states.get(shard) in UNDONE:
                    letters[shard] = LETTERS[RUNNING]
        for shard, state in status.states.items():
            if state is ShardState.QUARANTINED and shard not in status.failures:
                letters[shard] = LETTERS[FOLLOWS]
        return "".join(letters)


def _same(one: StageStatus, other: StageStatus) -> bool:
    """Say whether a stage stands as it stood, for those that read it."""
    return one is other or (
        one.states == other.states and one.outlines.contents == other.outlines.contents
    )
