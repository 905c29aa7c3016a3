"""What the ledger answers: the state of shards and of stages, in both planes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import Field

from realsyn_tasks.core.commits import Commit, Failure, Outline
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.findings import Finding
from realsyn_tasks.core.ids import digest


class ShardState(StrEnum):
    """Where a shard stands, and if it is missing, why."""

    DONE = "done"
    QUARANTINED = "quarantined"  # failed for good, here or in a stage before
    MISSING = "missing"
    STALE = "stale"  # inputs, configuration or version changed
    DAMAGED = "damaged"  # an object is gone or truncated
    FAILED = "failed"  # a failure of another class than permanent is noted
    WAITING = "waiting"  # an input is not there yet


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
    outlines: Mapping[int, Outline]  # of the done ones
    failures: Mapping[int, Failure] = field(default_factory=dict)  # read where any is undone
    read: Callable[[], Mapping[int, Commit]] = dict  # reads whole markers

    @cached_property
    def complete(self) -> bool:
        """Say whether nothing is left to do."""
        return all(state in SETTLED for state in self.states.values())

    @property
    def unsettled(self) -> list[int]:
        """List the shards that have to run."""
        return [shard for shard, state in self.states.items() if state not in SETTLED]

    @cached_property
    def commits(self) -> dict[int, Commit]:
        """Read the markers of the done shards whole; one that changed meanwhile is left out."""
        known = self.outlines
        return {
            shard: commit
            for shard, commit in self.read().items()
            if shard in known and commit.fingerprint == known[shard].fingerprint
        }

    @cached_property
    def digest(self) -> str:
        """Digest what the stage's commits hold."""
        return contents_digest(self.outlines)

    def digest_of_first(self, count: int) -> str:
        """Digest what the commits of the first shards hold."""
        return contents_digest({n: line for n, line in self.outlines.items() if n < count})

    def rows(self) -> Iterator[ShardRow]:
        """Give every shard with what is known of it, in order."""
        for shard, state in sorted(self.states.items()):
            yield self._row(shard, state)

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


def contents_digest(outlines: Mapping[int, Outline]) -> str:
    """Digest what a stage's commits hold."""
    return digest([outlines[shard].digest for shard in sorted(outlines)])
