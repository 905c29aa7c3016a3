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
from realsyn_tasks.core.fingerprints import Fingerprints
from realsyn_tasks.core.stage import Axis, Reading, Stage
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
    if earlier is None or not shards or stage.axis is Axis.ONE:
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
    count = earlier.config.shards(Axis.CORPUS)
    commit = earlier.ledger(stage.name).find(shard)
    if commit is None or not 0 < count <= workspace.config.shards(Axis.CORPUS):
        return None
    if commit.fingerprint != _of_first(workspace, planner, stage, count):
        return None
    return Extendable(commit, count) if workspace.ledger(stage.name).intact(commit) else None


def _of_first(workspace: Workspace, planner: Planning, stage: Stage, count: int) -> str:
    """Give the fingerprint of a stage over the first shards of a corpus."""
    pipeline, inputs = workspace.pipeline, {}
    for name in stage.reads:
        read = pipeline.stage(name)
        if read.axis is not Axis.CORPUS or pipeline.reading(stage, name) is not Reading.GATHER:
            raise ValueError(f"{stage.name} reads {name}, which does not grow with the corpus")
        inputs[name] = planner.status(read).digest_of_first(count)
    keys = count if stage.keyed_by is Axis.CORPUS else None
    return planner.fingerprints.of_inputs(stage, inputs, keys)
