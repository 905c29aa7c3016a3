"""What a build need not do again, because an earlier build of the same root has done it.

Two ways, both proven by fingerprints alone. A shard that the earlier build committed with the very
fingerprint that it has here is adopted: its marker is copied, and names the earlier build's
objects. A shard whose inputs have grown by further shards of the corpus is extended: its stage is
handed what it made of the first of them. Either way the bytes are those of doing all of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from realsyn_tasks.core.answers import StageStatus
from realsyn_tasks.core.commits import Commit, Outline
from realsyn_tasks.core.declaration import ONE, Axis, Reading, Stage
from realsyn_tasks.core.fingerprints import Fingerprints
from realsyn_tasks.core.workspace import Workspace


class Planning(Protocol):
    """What has to be known of a run; every planner knows it."""

    fingerprints: Fingerprints

    def status(self, stage: Stage) -> StageStatus:
        """Give the state of all shards of a stage."""
        ...


@dataclass(frozen=True)
class Extendable:
    """What an earlier build made of the first shards of the corpus."""

    commit: Commit
    shards: int


def adoptable(
    workspace: Workspace, planner: Planning, stage: Stage, shards: Collection[int]
) -> dict[int, Commit]:
    """Find the earlier build's commits that are just what these shards would give.

    A shard whose own marker was withdrawn in this state is to be done again: it is left out.
    """
    earlier = workspace.earlier
    if earlier is None or not shards or stage.axis == ONE:
        return {}
    wanted = {shard: planner.fingerprints.of(stage, shard) for shard in shards}
    ledger, own = earlier.ledger(stage.name), workspace.ledger(stage.name)
    found = {
        shard: commit
        for shard, commit in ledger.find_each(wanted).items()
        if commit.fingerprint == wanted[shard]
    }
    withdrawn = own.withdrawn(found).items()
    outlines = [Outline.of(commit) for commit in found.values()]
    out = ledger.damaged(outlines) | {n for n, c in withdrawn if c.fingerprint == wanted[n]}
    return {shard: commit for shard, commit in found.items() if shard not in out}


def adopted(commit: Commit, earlier: Workspace) -> Commit:
    """Give the marker under which an earlier commit counts here; it remembers where it is from."""
    return commit.model_copy(update={"origin": commit.origin or earlier.folder})


def extendable(
    workspace: Workspace, planner: Planning, stage: Stage, shard: int
) -> Extendable | None:
    """Find the earlier build's commit of a shard if it is of the first of this one's inputs.

    Its fingerprint proves it: it must be the one that the first shards of all inputs give.
    """
    earlier = workspace.earlier
    if earlier is None:
        return None
    axis = _growing_axis(workspace, stage)
    count = earlier.config.shards(axis)
    commit = earlier.ledger(stage.name).find(shard)
    if commit is None or not 0 < count <= workspace.config.shards(axis):
        return None
    if commit.fingerprint != _of_first(workspace, planner, stage, axis, count):
        return None
    return Extendable(commit, count) if workspace.ledger(stage.name).intact(commit) else None


def _growing_axis(workspace: Workspace, stage: Stage) -> Axis:
    """Give the axis of a source that all grows along that a stage gathers; ValueError if none."""
    pipeline = workspace.pipeline
    axes = {pipeline.stage(name).axis for name in stage.reads}
    gathers = all(pipeline.reading(stage, name) is Reading.GATHER for name in stage.reads)
    if len(axes) != 1 or not gathers or not axes & {source.axis for source in pipeline.sources}:
        raise ValueError(f"{stage.name} does not gather what grows with a source")
    return axes.pop()


def _of_first(workspace: Workspace, planner: Planning, stage: Stage, axis: Axis, count: int) -> str:
    """Give the fingerprint of a stage over the first shards of an axis."""
    stages = map(workspace.pipeline.stage, stage.reads)
    inputs = {read.name: planner.status(read).digest_of_first(count) for read in stages}
    keys = count if stage.keyed_by == axis else None
    return planner.fingerprints.of_inputs(stage, inputs, keys)
