"""Expected shards minus committed shards.

First run, resume, retry, repair and backfill are all this one subtraction. A shard is done when
its marker carries the fingerprint that its inputs, its configuration and its stage's version give
now, and its objects are there in full size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from realsyn_tasks.core.commits import Commit, Failure
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.stage import Axis, Reading, Stage
from realsyn_tasks.core.workspace import CORPUS, Workspace, commits_digest

CRAWL = "crawl"


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

    @property
    def digest(self) -> str:
        """Digest what the stage's commits hold."""
        return commits_digest(self.commits)


class Planner:
    """Works out the state of every shard of a run, each stage from those it reads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._found: dict[str, StageStatus] = {}

    def status(self, stage: Stage) -> StageStatus:
        """Give the state of all shards of a stage, reading each ledger once."""
        if stage.name not in self._found:
            self._found[stage.name] = self._work_out(stage)
        return self._found[stage.name]

    def _work_out(self, stage: Stage) -> StageStatus:
        ledger = self._workspace.ledger(stage.name)
        status = StageStatus(stage, {}, failures=ledger.failures())
        markers = ledger.commits()
        for shard in range(self._workspace.config.shards(stage.axis)):
            status.states[shard] = self._state(status, shard, markers.get(shard))
        return status

    def _state(self, status: StageStatus, shard: int, marker: Commit | None) -> ShardState:
        if self._input_quarantined(status.stage, shard):
            return ShardState.QUARANTINED
        if not self._inputs_settled(status.stage, shard):
            return ShardState.WAITING
        fingerprint = self.fingerprint(status.stage, shard)
        if marker and marker.fingerprint == fingerprint:
            if not self._workspace.ledger(status.stage.name).intact(marker):
                return ShardState.DAMAGED
            status.commits[shard] = marker
            return ShardState.DONE
        return self._failed_state(status, shard, fingerprint, marker)

    @staticmethod
    def _failed_state(
        status: StageStatus, shard: int, fingerprint: str, marker: Commit | None
    ) -> ShardState:
        failure = status.failures.get(shard)
        if failure and failure.fingerprint == fingerprint:
            permanent = failure.failure_class == "permanent"
            return ShardState.QUARANTINED if permanent else ShardState.FAILED
        return ShardState.STALE if marker else ShardState.MISSING

    def _stages_read(self, stage: Stage) -> list[tuple[Stage, Reading]]:
        names = [name for name in stage.reads if self._workspace.runs(name)]
        pipeline = self._workspace.pipeline
        return [(pipeline.stage(name), pipeline.reading(stage, name)) for name in names]

    def _input_quarantined(self, stage: Stage, shard: int) -> bool:
        return any(
            reading is Reading.ALIGNED
            and self.status(read).states.get(shard) is ShardState.QUARANTINED
            for read, reading in self._stages_read(stage)
        )

    def _inputs_settled(self, stage: Stage, shard: int) -> bool:
        for read, reading in self._stages_read(stage):
            status = self.status(read)
            if reading is Reading.ALIGNED:
                settled = status.states.get(shard) in SETTLED
            else:
                settled = status.complete
            if not settled or not self.visible(read, stage):
                return False
        return True

    def visible(self, read: Stage, reader: Stage) -> bool:
        """Say whether a stage may be read: in its own group always, elsewhere once promoted."""
        if read.group == reader.group:
            return True
        promotion = self._workspace.promotion(read.group)
        return promotion is not None and promotion.stages[read.name] == self.status(read).digest

    def fingerprint(self, stage: Stage, shard: int) -> str:
        """Digest all that the output of a shard depends on."""
        config = self._workspace.config
        return digest(
            {
                "stage": stage.name,
                "version": stage.version,
                "config": config.stages.get(stage.name, {}),
                "seed": config.seed,
                "target": config.target if stage.group == "sample" else 0,
                "models": {kind: config.models[kind].model_dump() for kind in stage.models},
                "keys": config.shards(stage.keyed_by) if stage.keyed_by else 0,
                "inputs": self.input_digests(stage, shard),
            }
        )

    def input_digests(self, stage: Stage, shard: int) -> dict[str, str]:
        """Digest each input of a shard by content."""
        found = {name: self._source_digest(stage, name, shard) for name in stage.reads}
        for read, reading in self._stages_read(stage):
            status = self.status(read)
            if reading is Reading.ALIGNED:
                found[read.name] = status.commits[shard].digest if shard in status.commits else ""
            else:
                found[read.name] = status.digest
        return {name: value for name, value in found.items() if value}

    def _source_digest(self, stage: Stage, name: str, shard: int) -> str:
        config = self._workspace.config
        if name == CRAWL and config.crawl:
            return self._crawl_digests[shard]
        if name == CORPUS:
            shards = self._workspace.corpus
            aligned = stage.axis is Axis.CORPUS
            return shards[shard].digest if aligned else digest([s.digest for s in shards])
        return ""

    @cached_property
    def _crawl_digests(self) -> list[str]:
        crawl = self._workspace.config.crawl
        assert crawl is not None, "only extracts read a crawl"
        contents = {file.path: file.digest for file in crawl.files}
        grouped = {path for paths in crawl.shards for path in paths}
        shared = sorted((path, value) for path, value in contents.items() if path not in grouped)
        return [digest([[[p, contents[p]] for p in paths], shared]) for paths in crawl.shards]

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
