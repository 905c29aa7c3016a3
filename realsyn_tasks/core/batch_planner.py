"""What one batch has to know of its run, at a cost that does not grow with the run.

Whoever plans a stage group works out every shard from the first stage on (core.planner). A batch
asks about its own shards, what they read in line, and the fits: a marker of those is read by its
name and believed if it is what its own configuration and its own inputs in line give now. Shards
that were gathered are done if what is gathered has the digest that it had, by the index of its
ledger (core.ledger_index). That what a fit, a gathering stage or what it gathers has read has not
changed since is what the plan before the group and the gate behind it make sure of; so is, for
shards that are done, that what was promoted of another group still stands. Objects are looked at
as they are read.

Only where shards have to run that gather from all shards of another stage, or read another group,
all outlines of that (and of what it reads in line) are looked at; where something is not as it
should be, the whole run is worked out as for a plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from realsyn_tasks.core.answers import ShardState, StageStatus
from realsyn_tasks.core.columns import Texts
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.declaration import ONE, Stage
from realsyn_tasks.core.fingerprints import run_digest
from realsyn_tasks.core.judge import Judge
from realsyn_tasks.core.outlines import Outline, Outlines
from realsyn_tasks.core.planner import Planner, Promotions, failures_of
from realsyn_tasks.core.wiring import collected_shards, reads_of
from realsyn_tasks.core.workspace import Workspace


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
        self._outlined: dict[tuple[str, int], Outline | None] = {}
        self._held: dict[tuple[str, int], bool] = {}
        self._visible: dict[str, bool] = {}
        self._outlines: dict[str, Outlines] = {}
        self._contents: dict[str, str] = {}
        self._all_follow: dict[str, bool] = {}
        self.fingerprints = self._judge.fingerprints

    @cached_property
    def states(self) -> dict[int, ShardState]:
        """The states of the batch's shards."""
        stage, ledger = self._stage, self._workspace.ledger(self._stage.name)
        states = {shard: self._state_of_own(shard) for shard in self._shards}
        done = [shard for shard, state in states.items() if state is ShardState.DONE]
        outlines = [outline for n in done if (outline := self._outline(stage, n))]
        states |= dict.fromkeys(ledger.damaged(Outlines.of(outlines)), ShardState.DAMAGED)
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
        return self._holds(self._stage, marker.shard) and all(
            self._stands_whole(read, marker.inputs.get(read.name, "")) for read in whole
        )

    def _stands_whole(self, read: Stage, content: str) -> bool:
        """Say whether a stage that is read whole still holds this content.

        Of another group counts what was promoted of it. Of what was gathered, the markers that are
        there are enough: that they follow from what is before them is for the plan to see.
        """
        if read.group != self._stage.group:
            return self._promotions.of(read) == content
        if read.axis != ONE and self._contents_of(read) == content:
            return True
        status = self.status(read)
        return status.complete and status.digest == content

    def _contents_of(self, read: Stage) -> str:
        if read.name not in self._contents:
            self._contents[read.name] = self._workspace.ledger(read.name).contents()
        return self._contents[read.name]

    def status(self, stage: Stage) -> StageStatus:
        """Give the state of all shards of a stage."""
        if stage.name not in self._found:
            self._found[stage.name] = self._work_out(stage)
        return self._found[stage.name]

    def state(self, stage: Stage, shard: int) -> ShardState | None:
        """Give the state of a shard that is read in line."""
        if self._holds(stage, shard):
            return ShardState.DONE
        return self._whole_run.state(stage, shard)

    def content(self, stage: Stage, shard: int) -> str:
        """Digest what a shard that is read in line holds; empty where it is not done."""
        outline = self._outline(stage, shard)
        if outline and self._holds(stage, shard):
            return outline.digest
        return self._whole_run.content(stage, shard)

    def contents(self, stage: Stage, shards: int) -> Texts:
        """Digest what each of so many first shards holds; empty where it is not done."""
        return self.status(stage).outlines.digests_of(shards)

    def commit(self, stage: Stage, shard: int) -> Commit | None:
        """Give the commit of a shard that is read in line."""
        if self._holds(stage, shard):
            return self._marker(stage, shard)
        return self._whole_run.commit(stage, shard)

    def rows(self, read: Stage, shard: int) -> int | None:
        """Count the rows of a shard that is read in line; None where it is not done."""
        outline = self._outline(read, shard)
        return outline.rows if outline else None

    def visible(self, read: Stage, reader: Stage) -> bool:
        """Say whether a stage may be read, by its markers' content if that is enough."""
        if read.group == reader.group:
            return True
        if read.name not in self._visible:
            promoted = self._promotions.of(read)
            self._visible[read.name] = promoted is not None and (
                promoted == self._contents_of(read) or self._whole_run.visible(read, reader)
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
        shards = self._workspace.config.shards(stage.axis)
        ledger = self._workspace.ledger(stage.name)
        if stage.axis == ONE:
            markers = ledger.find_each(range(shards))
            outlines, read = Outlines.of(map(Outline.of, markers.values())), lambda: markers
            hold = all(self._follows(stage, outline) for outline in outlines.values())
        else:
            outlines, read = self._all_of(stage), ledger.commits
            hold = self._all_hold(stage)
        if not (hold and outlines.cover(shards)):
            return self._whole_run.status(stage)
        return StageStatus(
            stage, dict.fromkeys(range(shards), ShardState.DONE), outlines.brief(), read=read
        )

    def _all_of(self, stage: Stage) -> Outlines:
        if stage.name not in self._outlines:
            self._outlines[stage.name] = self._workspace.ledger(stage.name).outlines()
        return self._outlines[stage.name]

    def _all_hold(self, stage: Stage) -> bool:
        """Say of all shards of a stage at once whether their markers hold."""
        if stage.name not in self._all_follow:
            self._all_follow[stage.name] = self._holds_throughout(stage)
        return self._all_follow[stage.name]

    def _holds_throughout(self, stage: Stage) -> bool:
        shards = self._workspace.config.shards(stage.axis)
        reads, lines = self._reads[stage.name], self._all_of(stage)
        before = (*reads.in_line, *reads.in_runs)
        if not lines.cover(shards) or not all(self._all_hold(read) for read in before):
            return False
        known = {name: self.fingerprints.source_of_all(stage, name) for name in reads.sources}
        known |= {read.name: self._all_of(read).digests_of(shards) for read in reads.in_line}
        known |= {
            read.name: self.fingerprints.of_runs(stage, read, self._all_of(read).digests_of)
            for read in reads.in_runs
        }
        return lines.read({**lines.inputs, **known}) and self.fingerprints.follow(stage, lines)

    def _follows(self, stage: Stage, marker: Outline) -> bool:
        return marker.fingerprint == self.fingerprints.of_inputs(stage, marker.inputs)

    def _holds(self, stage: Stage, shard: int) -> bool:
        """Say whether a marker follows from its own inputs, and those in line are as they were.

        Once for each: several stages in line read the same ones, these others the same again.
        """
        if (stage.name, shard) not in self._held:
            self._held[stage.name, shard] = self._work_out_holding(stage, shard)
        return self._held[stage.name, shard]

    def _work_out_holding(self, stage: Stage, shard: int) -> bool:
        marker = self._outline(stage, shard)
        if marker is None or not self._follows(stage, marker):
            return False
        reads = self._reads[stage.name]
        sources = {name: self.fingerprints.source(stage, name, shard) for name in reads.sources}
        return (
            all(marker.inputs.get(name, "") == value for name, value in sources.items())
            and all(
                self._holds(read, shard)
                and (before := self._outline(read, shard)) is not None
                and marker.inputs.get(read.name) == before.digest
                for read in reads.in_line
            )
            and all(self._run_holds(stage, marker, read) for read in reads.in_runs)
        )

    def _run_holds(self, stage: Stage, marker: Outline, read: Stage) -> bool:
        """Say whether the shards that were collected hold, and are all that there are now."""
        numbers = collected_shards(self._workspace, stage, marker.shard)
        outlines = [outline for number in numbers if (outline := self._outline(read, number))]
        return marker.inputs.get(read.name) == run_digest(o.digest for o in outlines) and all(
            self._holds(read, outline.shard) for outline in outlines
        )

    def _outline(self, stage: Stage, shard: int) -> Outline | None:
        if (stage.name, shard) not in self._outlined:
            marker = self._marker(stage, shard)
            self._outlined[stage.name, shard] = Outline.of(marker) if marker else None
        return self._outlined[stage.name, shard]

    def _marker(self, stage: Stage, shard: int) -> Commit | None:
        """Find the marker of one of the batch's shards, or of one that it reads in line or run."""
        if stage.name not in self._markers:
            ledger = self._workspace.ledger(stage.name)
            own = stage.name == self._stage.name
            self._markers[stage.name] = ledger.find_each(self._shards if own else self._read_shards)
        return self._markers[stage.name].get(shard)
