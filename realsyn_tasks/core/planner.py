"""Expected shards minus committed shards.

First run, resume, retry, repair and backfill are all this one subtraction. A shard is done when
its marker carries the fingerprint that its inputs, its configuration and its stage's version give
now, and its objects are there in full size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from realsyn_tasks.core.commits import Commit, Failure
from realsyn_tasks.core.declaration import Reading, Stage
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.workspace import Promotion, Workspace, commits_digest


class ShardState(StrEnum):
    """Where a shard stands, and if it is missing, why."""

    DONE = "done"
    QUARANTINED = "quarantined"  # failed for good, here or in a stage before
    MISSING = "missing"
    STALE = "stale"  # inputs, configuration or version changed
    DAMAGED = "damaged"  # an object is gone or truncated
    FAILED = "failed"  # a transient or config failure is noted
    WAITING = "waiting"  # an input is not there yet


SETTLED = frozenset({ShardState.DONE, ShardState.QUARANTINED})
UNDONE = frozenset({ShardState.STALE, ShardState.MISSING})


@dataclass
class StageStatus:
    """What the planner found of one stage."""

    stage: Stage
    states: dict[int, ShardState]
    commits: dict[int, Commit] = field(default_factory=dict)  # the done ones
    failures: dict[int, Failure] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Say whether nothing is left to do."""
        return all(state in SETTLED for state in self.states.values())

    @property
    def unsettled(self) -> list[int]:
        """List the shards that have to run."""
        return [shard for shard, state in self.states.items() if state not in SETTLED]

    @cached_property
    def digest(self) -> str:
        """Digest what the stage's commits hold; ask once they are all known."""
        return commits_digest(self.commits)

    def digest_of_first(self, count: int) -> str:
        """Digest what the commits of the first shards hold."""
        return commits_digest({n: commit for n, commit in self.commits.items() if n < count})


class Planner:
    """Works out the state of every shard of a run, each stage from those it reads.

    Without `objects`, markers are believed: nobody looks whether the objects are there.
    """

    def __init__(self, workspace: Workspace, objects: bool = True) -> None:
        self._workspace = workspace
        self._objects = objects
        self._found: dict[str, StageStatus] = {}
        self._promotions: dict[str, Promotion | None] = {}
        self._settings: dict[str, dict[str, Any]] = {}
        self._source_digests: dict[tuple[str, int | None], str] = {}

    def status(self, stage: Stage) -> StageStatus:
        """Give the state of all shards of a stage, reading each ledger once."""
        if stage.name not in self._found:
            self._found[stage.name] = self._work_out(stage)
        return self._found[stage.name]

    def state(self, stage: Stage, shard: int) -> ShardState | None:
        """Give the state of one shard; None if the stage has no such shard."""
        return self.status(stage).states.get(shard)

    def commit(self, stage: Stage, shard: int) -> Commit | None:
        """Give the commit of one shard that is done."""
        return self.status(stage).commits.get(shard)

    def _work_out(self, stage: Stage) -> StageStatus:
        ledger = self._workspace.ledger(stage.name)
        status, markers = StageStatus(stage, {}), ledger.commits()
        for shard in range(self._workspace.config.shards(stage.axis)):
            status.states[shard] = self._judge(stage, shard, markers.get(shard))
        done = [markers[n] for n, state in status.states.items() if state is ShardState.DONE]
        damaged = ledger.damaged(done) if self._objects else set()
        status.states |= dict.fromkeys(damaged, ShardState.DAMAGED)
        status.commits = {c.shard: c for c in done if c.shard not in damaged}
        if any(state in UNDONE for state in status.states.values()):
            status.failures = ledger.failures()
        for shard, failure in status.failures.items():
            if status.states.get(shard) in UNDONE:
                status.states[shard] = self._failed(status.states[shard], stage, failure)
        return status

    def _judge(self, stage: Stage, shard: int, marker: Commit | None) -> ShardState:
        """Give the state that follows from the marker and from what the shard reads."""
        if self._input_quarantined(stage, shard):
            return ShardState.QUARANTINED
        if not self._inputs_settled(stage, shard):
            return ShardState.WAITING
        if marker is None:
            return ShardState.MISSING
        current = marker.fingerprint == self.fingerprint(stage, shard)
        return ShardState.DONE if current else ShardState.STALE

    def _failed(self, state: ShardState, stage: Stage, failure: Failure) -> ShardState:
        """Give the state of an undone shard with a failure note; an old note says nothing."""
        if failure.fingerprint != self.fingerprint(stage, failure.shard):
            return state
        permanent = failure.failure_class == "permanent"
        return ShardState.QUARANTINED if permanent else ShardState.FAILED

    def _stages_read(self, stage: Stage) -> list[tuple[Stage, Reading]]:
        names = [name for name in stage.reads if self._workspace.runs(name)]
        pipeline = self._workspace.pipeline
        return [(pipeline.stage(name), pipeline.reading(stage, name)) for name in names]

    def _input_quarantined(self, stage: Stage, shard: int) -> bool:
        return any(
            reading is Reading.ALIGNED and self.state(read, shard) is ShardState.QUARANTINED
            for read, reading in self._stages_read(stage)
        )

    def _inputs_settled(self, stage: Stage, shard: int) -> bool:
        for read, reading in self._stages_read(stage):
            if reading is Reading.ALIGNED:
                settled = self.state(read, shard) in SETTLED
            else:
                settled = self.status(read).complete
            if not settled or not self.visible(read, stage):
                return False
        return True

    def visible(self, read: Stage, reader: Stage) -> bool:
        """Say whether a stage may be read: in its own group always, elsewhere once promoted."""
        if read.group == reader.group:
            return True
        promotion = self._promotion(read.group)
        return promotion is not None and promotion.stages.get(read.name) == self.status(read).digest

    def _promotion(self, group: str) -> Promotion | None:
        if group not in self._promotions:
            self._promotions[group] = self._workspace.promotion(group)
        return self._promotions[group]

    def fingerprint(self, stage: Stage, shard: int) -> str:
        """Digest all that the output of a shard depends on."""
        return self.fingerprint_from(stage, self.input_digests(stage, shard))

    def fingerprint_from(
        self, stage: Stage, inputs: dict[str, str], keys: int | None = None
    ) -> str:
        """Digest what a shard's output depends on if its inputs have these digests.

        With `keys`, as if its rows were meant for so many shards.
        """
        if stage.name not in self._settings:
            self._settings[stage.name] = self._settings_of(stage)
        changed = {} if keys is None else {"keys": keys}
        return digest({**self._settings[stage.name], **changed, "inputs": inputs})

    def _settings_of(self, stage: Stage) -> dict[str, Any]:
        config = self._workspace.config
        return {
            "stage": stage.name,
            "version": stage.version,
            "config": config.stages.get(stage.name, {}),
            "seed": config.seed,
            "target": config.target if stage.targeted else 0,
            "models": config.identities_of(stage),
            "keys": config.shards(stage.keyed_by) if stage.keyed_by else 0,
        }

    def input_digests(self, stage: Stage, shard: int) -> dict[str, str]:
        """Digest each input of a shard by content."""
        found = {name: self._source_digest(stage, name, shard) for name in stage.reads}
        for read, reading in self._stages_read(stage):
            if reading is Reading.ALIGNED:
                commit = self.commit(read, shard)
                found[read.name] = commit.digest if commit else ""
            else:
                found[read.name] = self.status(read).digest
        return {name: value for name, value in found.items() if value}

    def _source_digest(self, stage: Stage, name: str, shard: int) -> str:
        """Digest what a shard reads of a source; empty for what is none of this run's."""
        reader = self._workspace.sources.get(name)
        if reader is None:
            return ""
        aligned = stage.axis == self._workspace.pipeline.source(name).axis
        place = shard if aligned else None
        if (name, place) not in self._source_digests:
            self._source_digests[name, place] = reader.digest(place)
        return self._source_digests[name, place]

    def batches(self, stage: Stage) -> list[int]:
        """List the batches that hold a shard which has to run."""
        unsettled = self.status(stage).unsettled
        return sorted({batch_of(self._workspace, stage, shard) for shard in unsettled})


def shards_of(workspace: Workspace, stage: Stage, batch: int) -> range:
    """Give the shards of a batch: a contiguous slice, the same whatever is committed."""
    shards = workspace.config.shards(stage.axis)
    batches = workspace.config.dispatch.batches(stage, shards)
    return range(batch * shards // batches, (batch + 1) * shards // batches)


def batch_of(workspace: Workspace, stage: Stage, shard: int) -> int:
    """Give the batch that a shard belongs to."""
    shards = workspace.config.shards(stage.axis)
    batches = workspace.config.dispatch.batches(stage, shards)
    return ((shard + 1) * batches - 1) // shards
