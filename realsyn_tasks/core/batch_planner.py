"""What one batch has to know of its run, at a cost that does not grow with the run.

Whoever plans a stage group works out every shard from the first stage on (core.planner). A batch
asks about its own shards, what they read in line, and the fits: a marker of those is read by its
name and believed if it is what its own configuration and its own inputs in line give now. That
what a fit or a gathering stage has read has not changed since is what the plan before the group
and the gate behind it make sure of; so is, for shards that are done, that what was promoted of
another group still stands. Objects are looked at as they are read.

Only where a stage gathers from all shards of another, or shards that read another group have to
run, all markers of that (and of what it reads in line) are read; where something is not as it
should be, the whole run is worked out as for a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property

from realsyn_tasks.core.answers import ShardState, StageStatus, contents_digest
from realsyn_tasks.core.commits import Commit, Outline
from realsyn_tasks.core.declaration import ONE, Stage
from realsyn_tasks.core.fingerprints import run_digest
from realsyn_tasks.core.judge import Judge
from realsyn_tasks.core.planner import Planner, Promotions, failures_of
from realsyn_tasks.core.wiring import collected_shards, reads_of
from realsyn_tasks.core.workspace import Workspace

Find = Callable[[Stage, int], Outline | None]


class BatchPlanner:
    """Answers for the shards of one batch what the Planner would."""

    def __init__(self, workspace: Workspace, stage: Stage, shards: Collection[int]) -> None:
        self._workspace = workspace
        self._stage = stage
        self._shards = shards
        self._judge = Judge(workspace, self)
        self._promotions = Promotions(workspace)
        self._reads = reads_of(workspace)
        self._found: dict[str, StageStatus] = {}
        self._markers: dict[str, Mapping[int, Commit]] = {}
        self._visible: dict[str, bool] = {}
        self._outlines: dict[str, dict[int, Outline]] = {}
        self.fingerprints = self._judge.fingerprints

    @cached_property
    def states(self) -> dict[int, ShardState]:
        """The states of the batch's shards."""
        stage, ledger = self._stage, self._workspace.ledger(self._stage.name)
        states = {shard: self._state_of_own(shard) for shard in self._shards}
        done = [shard for shard, state in states.items() if state is ShardState.DONE]
        outlines = [outline for n in done if (outline := self._outline(stage, n))]
        states |= dict.fromkeys(ledger.damaged(outlines), ShardState.DAMAGED)
        failures_of(ledger, self._judge, stage, states)
        return states

    def _state_of_own(self, shard: int) -> ShardState:
        marker = self._outline(self._stage, shard)
        if marker and self._stands(marker):
            return ShardState.DONE
        return self._judge.state(self._stage, shard, marker.fingerprint if marker else None)

    def _stands(self, marker: Outline) -> bool:
        """Say whether an own marker follows from what it reads, as far as that costs little."""
        whole = self._reads[self._stage.name].whole
        return self._holds(self._stage, marker.shard, self._outline) and all(
            marker.inputs.get(read.name, "") == self._digest_of(read) for read in whole
        )

    def _digest_of(self, read: Stage) -> str | None:
        """Digest a stage that is read whole: of another group, what was promoted of it."""
        if read.group != self._stage.group:
            return self._promotions.of(read)
        status = self.status(read)
        return status.digest if status.complete else None

    def status(self, stage: Stage) -> StageStatus:
        """Give the state of all shards of a stage."""
        if stage.name not in self._found:
            self._found[stage.name] = self._work_out(stage)
        return self._found[stage.name]

    def state(self, stage: Stage, shard: int) -> ShardState | None:
        """Give the state of a shard that is read in line."""
        if self._holds(stage, shard, self._outline):
            return ShardState.DONE
        return self._whole_run.state(stage, shard)

    def content(self, stage: Stage, shard: int) -> str:
        """Digest what a shard that is read in line holds; empty where it is not done."""
        outline = self._outline(stage, shard)
        if outline and self._holds(stage, shard, self._outline):
            return outline.digest
        return self._whole_run.content(stage, shard)

    def commit(self, stage: Stage, shard: int) -> Commit | None:
        """Give the commit of a shard that is read in line."""
        if self._holds(stage, shard, self._outline):
            return self._marker(stage, shard)
        return self._whole_run.commit(stage, shard)

    def visible(self, read: Stage, reader: Stage) -> bool:
        """Say whether a stage may be read, by its markers' content if that is enough."""
        if read.group == reader.group:
            return True
        if read.name not in self._visible:
            promoted = self._promotions.of(read)
            self._visible[read.name] = promoted is not None and (
                promoted == contents_digest(self._all_of(read))
                or self._whole_run.visible(read, reader)
            )
        return self._visible[read.name]

    @cached_property
    def _read_shards(self) -> Collection[int]:
        """The shards of other stages that may be read by their names."""
        if not self._stage.collects:
            return self._shards
        runs = [collected_shards(self._workspace, self._stage, shard) for shard in self._shards]
        return [number for run in runs for number in run]

    @cached_property
    def _whole_run(self) -> Planner:
        return Planner(self._workspace, objects=False)

    def _work_out(self, stage: Stage) -> StageStatus:
        """Believe all markers of a stage, if there is none that does not hold."""
        shards = range(self._workspace.config.shards(stage.axis))
        ledger = self._workspace.ledger(stage.name)
        if stage.axis == ONE:
            markers = ledger.find_each(shards)
            outlines, read = {n: Outline.of(c) for n, c in markers.items()}, lambda: markers
            hold = all(self._follows(stage, outline) for outline in outlines.values())
        else:
            outlines, read = self._all_of(stage), ledger.commits
            hold = all(self._holds(stage, shard, self._among_all) for shard in shards)
        if not hold or any(shard not in outlines for shard in shards):
            return self._whole_run.status(stage)
        known = {shard: outlines[shard] for shard in shards}
        return StageStatus(stage, dict.fromkeys(shards, ShardState.DONE), known, read=read)

    def _among_all(self, stage: Stage, shard: int) -> Outline | None:
        """Find a marker among all of its stage, which are read at once."""
        return self._all_of(stage).get(shard)

    def _all_of(self, stage: Stage) -> dict[int, Outline]:
        if stage.name not in self._outlines:
            self._outlines[stage.name] = self._workspace.ledger(stage.name).outlines()
        return self._outlines[stage.name]

    def _follows(self, stage: Stage, marker: Outline) -> bool:
        return marker.fingerprint == self.fingerprints.of_inputs(stage, marker.inputs)

    def _holds(self, stage: Stage, shard: int, find: Find) -> bool:
        """Say whether a marker follows from its own inputs, and those in line are as they were."""
        marker = find(stage, shard)
        if marker is None or not self._follows(stage, marker):
            return False
        reads = self._reads[stage.name]
        sources = {name: self.fingerprints.source(stage, name, shard) for name in reads.sources}
        return (
            all(marker.inputs.get(name, "") == value for name, value in sources.items())
            and all(
                self._holds(read, shard, find)
                and (before := find(read, shard)) is not None
                and marker.inputs.get(read.name) == before.digest
                for read in reads.in_line
            )
            and all(self._run_holds(stage, marker, read, find) for read in reads.in_runs)
        )

    def _run_holds(self, stage: Stage, marker: Outline, read: Stage, find: Find) -> bool:
        """Say whether the shards that were collected hold, and are all that there are now."""
        numbers = collected_shards(self._workspace, stage, marker.shard)
        outlines = [outline for number in numbers if (outline := find(read, number))]
        return marker.inputs.get(read.name) == run_digest(o.digest for o in outlines) and all(
            self._holds(read, outline.shard, find) for outline in outlines
        )

    def _outline(self, stage: Stage, shard: int) -> Outline | None:
        marker = self._marker(stage, shard)
        return Outline.of(marker) if marker else None

    def _marker(self, stage: Stage, shard: int) -> Commit | None:
        """Find the marker of one of the batch's shards, or of one that it reads in line or run."""
        if stage.name not in self._markers:
            ledger = self._workspace.ledger(stage.name)
            own = stage.name == self._stage.name
            self._markers[stage.name] = ledger.find_each(self._shards if own else self._read_shards)
        return self._markers[stage.name].get(shard)
