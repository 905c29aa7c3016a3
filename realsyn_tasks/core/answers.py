"""What the ledger answers: the state of shards and of stages, in both planes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import Field

from realsyn_tasks.core.commits import Commit, Failure
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.findings import Finding
from realsyn_tasks.core.outlines import Outlines


class ShardState(StrEnum):
    """Where a shard stands, and if it is missing, why."""

    DONE = "done"
    QUARANTINED = "quarantined"  # failed for good, here or in a stage before
    MISSING = "missing"
    STALE = "stale"  # inputs, configuration or version changed
    DAMAGED = "damaged"  # an object is gone or truncated
    FAILED = "failed"  # a failure of another class than permanent is noted
    WAITING = "waiting"  # an input is not there yet

    __hash__ = str.__hash__  # Enum's own is written in Python, and asked for each of many shards


SETTLED = frozenset({ShardState.DONE, ShardState.QUARANTINED})
UNDONE = frozenset({ShardState.STALE, ShardState.MISSING})
READY = UNDONE | {ShardState.DAMAGED, ShardState.FAILED}  # to be done, with all inputs there


class GateRecord(Frozen):
    """What a gate found, in which state of the group, and by which rules (core.gate_results)."""

    group: str
    passed: bool
    summary: str
    state: str
    rules: str
    findings: tuple[Finding, ...]
    statistics: dict[str, Any] = Field(default_factory=dict)
    drops: dict[str, dict[str, dict[str, int]]] = Field(default_factory=dict)  # stage, kind, reason
    reasons: dict[str, str] = Field(default_factory=dict)  # code -> words, of those drops
    great_expectations: dict[str, Any] = Field(default_factory=dict)  # its own results


class ShardRow(NamedTuple):
    """One shard of one stage, as tables show it."""

    stage: str
    shard: int
    state: ShardState
    rows: int = 0  # committed
    dropped: int = 0
    attempt: str = ""  # that was committed
    origin: str = ""  # folder of the earlier run that it was adopted from
    failure_class: str = ""
    error: str = ""
    attempts: int = 0  # that failed


@dataclass(frozen=True)
class StageStatus:
    """The state of every shard of a stage, and what is known of those that are done."""

    stage: Stage
    states: Mapping[int, ShardState]
    outlines: Outlines  # of the done ones
    failures: Mapping[int, Failure] = field(default_factory=dict)  # read where any is undone
    read: Callable[[], Mapping[int, Commit]] = dict  # reads whole markers

    @cached_property
    def complete(self) -> bool:
        """Say whether nothing is left to do."""
        return self.done or all(state in SETTLED for state in self.states.values())

    @cached_property
    def done(self) -> bool:
        """Say whether every shard is."""
        return set(self.states.values()) <= {ShardState.DONE}

    @cached_property
    def unsettled(self) -> list[int]:
        """List the shards that have to run."""
        return [shard for shard, state in self.states.items() if state not in SETTLED]

    @cached_property
    def commits(self) -> dict[int, Commit]:
        """Read the markers of the done shards whole; one that changed meanwhile is left out."""
        lines = self.outlines
        known = dict(zip(lines.shards, lines.fingerprints, strict=True))
        return {
            shard: commit
            for shard, commit in self.read().items()
            if commit.fingerprint == known.get(shard)
        }

    @property
    def digest(self) -> str:
        """Digest what the stage's commits hold."""
        return self.outlines.contents

    def digest_of_first(self, count: int) -> str:
        """Digest what the commits of the first shards hold."""
        return self.outlines.only(range(count)).contents

    def rows(self) -> Iterator[ShardRow]:
        """Give every shard with what is known of it, in order."""
        return self.rows_of(self.states)

    def rows_of(self, shards: Iterable[int]) -> Iterator[ShardRow]:
        """Give those of these shards that the stage has, in order."""
        for shard in sorted(shards):
            if shard in self.states:
                yield self._row(shard, self.states[shard])

    def _row(self, shard: int, state: ShardState) -> ShardRow:
        row = ShardRow(self.stage.name, shard, state)
        if line := self.outlines.get(shard):
            return row._replace(
                rows=line.rows, dropped=line.dropped, attempt=line.attempt, origin=line.origin
            )
        if note := self.failures.get(shard):
            return row._replace(
                failure_class=note.failure_class, error=note.error, attempts=note.attempts
            )
        return row
