"""What one batch has to know of its run, at a cost that does not grow with the run.

Whoever plans a stage group works out every shard from the first stage on (core.planner). A batch
asks about its own shards, what they read in line, and the fits: a marker of those is read by its
name and believed if it is what its own configuration and its own inputs in line give now. That
what a fit or a gathering stage has read has not changed since is what the plan before the group
and the gate behind it make sure of. Objects are looked at as they are read.

Only where a stage reads all shards of another, or another group's, all markers of that (and of
what it reads in line) are read; where something is not as it should be, the whole run is worked
out as for a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cached_property

from realsyn_tasks.core.commits import Commit, Outline
from realsyn_tasks.core.declaration import ONE, Reading, Stage
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.planner import UNDONE, Planner, ShardState, StageStatus
from realsyn_tasks.core.workspace import Workspace

Find = Callable[[Stage, int], Commit | Outline | None]


class BatchPlanner(Planner):
    """Answers for the shards of one batch what the Planner would."""

    def __init__(self, workspace: Workspace, stage: Stage, shards: Collection[int]) -> None:
        super().__init__(workspace)
        self._stage = stage
        self._shards = shards
        self._markers: dict[tuple[str, int], Commit | None] = {}
        self._visible: dict[str, bool] = {}
        self._outlines: dict[str, dict[int, Outline]] = {}

    @cached_property
    def states(self) -> dict[int, ShardState]:
        """The states of the batch's shards."""
        self._read_markers(self._stage)
        states = {shard: self._state_of_own(shard) for shard in self._shards}
        done = [
            marker
            for shard, state in states.items()
            if state is ShardState.DONE and (marker := self._marker(self._stage, shard))
        ]
        ledger = self._workspace.ledger(self._stage.name)
        states |= dict.fromkeys(ledger.damaged(done), ShardState.DAMAGED)
        if any(state in UNDONE for state in states.values()):
            for shard, failure in ledger.failures().items():
                if states.get(shard) in UNDONE:
                    states[shard] = self._failed(states[shard], self._stage, failure)
        return states

    def _state_of_own(self, shard: int) -> ShardState:
        return self._judge(self._stage, shard, self._marker(self._stage, shard))

    def state(self, stage: Stage, shard: int) -> ShardState | None:
        """Give the state of a shard that is read in line."""
        if self._holds(stage, shard, self._marker):
            return ShardState.DONE
        return self._whole_run.state(stage, shard)

    def commit(self, stage: Stage, shard: int) -> Commit | None:
        """Give the commit of a shard that is read in line."""
        if self._holds(stage, shard, self._marker):
            return self._marker(stage, shard)
        return self._whole_run.commit(stage, shard)

    def visible(self, read: Stage, reader: Stage) -> bool:
        """Say whether a stage may be read, by its markers' content if that is enough."""
        if read.group == reader.group:
            return True
        if read.name not in self._visible:
            self._visible[read.name] = self._is_promoted(read) or self._whole_run.visible(
                read, reader
            )
        return self._visible[read.name]

    def _is_promoted(self, read: Stage) -> bool:
        promotion = self._promotion(read.group)
        if promotion is None:
            return False
        found = self._all_of(read)
        contents = [found[shard].digest for shard in sorted(found)]
        return promotion.stages.get(read.name) == digest(contents)

    @cached_property
    def _whole_run(self) -> Planner:
        return Planner(self._workspace, objects=False)

    def _work_out(self, stage: Stage) -> StageStatus:
        """Believe all markers of a stage, if there is none that does not hold."""
        shards = range(self._workspace.config.shards(stage.axis))
        ledger = self._workspace.ledger(stage.name)
        if stage.axis == ONE:
            markers = ledger.find_each(shards)
            hold = all(self._follows(stage, marker) for marker in markers.values())
        else:
            markers = ledger.commits()
            hold = all(self._holds(stage, shard, self._outline) for shard in shards)
        if not hold or any(shard not in markers for shard in shards):
            return self._whole_run.status(stage)
        return StageStatus(stage, dict.fromkeys(shards, ShardState.DONE), markers)

    def _outline(self, stage: Stage, shard: int) -> Outline | None:
        """Find a marker among all of its stage, which are read at once."""
        return self._all_of(stage).get(shard)

    def _all_of(self, stage: Stage) -> dict[int, Outline]:
        if stage.name not in self._outlines:
            self._outlines[stage.name] = self._workspace.ledger(stage.name).outlines()
        return self._outlines[stage.name]

    def _follows(self, stage: Stage, marker: Commit | Outline) -> bool:
        return marker.fingerprint == self.fingerprint_from(stage, marker.inputs)

    def _holds(self, stage: Stage, shard: int, find: Find) -> bool:
        """Say whether a marker follows from its own inputs, and those in line are as they were."""
        marker = find(stage, shard)
        if marker is None or not self._follows(stage, marker):
            return False
        in_line = [read for read, reading in self._stages_read(stage) if reading is Reading.ALIGNED]
        return self._reads_the_same(stage, marker) and all(
            self._holds(read, shard, find)
            and (before := find(read, shard)) is not None
            and marker.inputs.get(read.name) == before.digest
            for read in in_line
        )

    def _reads_the_same(self, stage: Stage, marker: Commit | Outline) -> bool:
        names = [name for name in stage.reads if not self._workspace.runs(name)]
        now = {name: self._source_digest(stage, name, marker.shard) for name in names}
        return all(marker.inputs.get(name, "") == value for name, value in now.items())

    def _marker(self, stage: Stage, shard: int) -> Commit | None:
        if (stage.name, shard) not in self._markers:
            self._read_markers(stage)
        return self._markers.get((stage.name, shard))

    def _read_markers(self, stage: Stage) -> None:
        found = self._workspace.ledger(stage.name).find_each(self._shards)
        self._markers |= {(stage.name, shard): found.get(shard) for shard in self._shards}
