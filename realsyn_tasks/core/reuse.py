"""What a run need not do again, because another run of the same root has done it.

Two ways, both proven by fingerprints alone. A shard that another run (a donor) committed with the
very fingerprint that it has here is adopted: its marker is copied, and names the donor's objects. A
shard whose inputs have grown by further shards of the corpus is extended: its stage is handed what
the followed run made of the first of them. Either way the bytes are those of doing all of it.

Where its other inputs have changed, a stage may still ask for what it worked out of the same things
(other_states): what it takes from there must be what it would work out again, bit for bit.

What is looked up is bounded: a donor is asked for a stage only if its settings of that are the
same, and for a shard only if no donor before has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from realsyn_tasks.core.answers import StageStatus
from realsyn_tasks.core.commits import Commit, Failure
from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.declaration import Axis, Reading, Stage
from realsyn_tasks.core.errors import PERMANENT
from realsyn_tasks.core.fingerprints import Fingerprints, settings_of
from realsyn_tasks.core.outlines import Outline, Outlines
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
    """Find other runs' commits that are just what these shards would give.

    Each remembers where it is from. A shard whose own marker was withdrawn in this state is to be
    done again: it is left out; so is a commit that a donor took back, or that is damaged.
    """
    donors = [donor for donor in workspace.donors if alike(donor.config, workspace.config, stage)]
    if not donors or not shards:
        return {}
    wanted = {shard: planner.fingerprints.of(stage, shard) for shard in shards}
    commits: dict[int, Commit] = {}
    for donor in donors:
        count = donor.config.shards(stage.axis)
        lacking = {n: wanted[n] for n in wanted if n not in commits and n < count}
        commits |= sound(_equal(donor, stage, lacking), donors, stage)
    return not_withdrawn(workspace, stage, commits)


def not_withdrawn(
    workspace: Workspace, stage: Stage, commits: dict[int, Commit]
) -> dict[int, Commit]:
    """Leave out shards whose own marker was withdrawn in just this state: they are done again."""
    withdrawn = workspace.ledger(stage.name).withdrawn(commits)
    again = {n for n, commit in withdrawn.items() if commit.fingerprint == commits[n].fingerprint}
    return {shard: commit for shard, commit in commits.items() if shard not in again}


def quarantined(
    workspace: Workspace, planner: Planning, stage: Stage, shards: Collection[int]
) -> list[Failure]:
    """Find the notes of these shards that failed for good in another run, with the same work."""
    wanted = {shard: planner.fingerprints.of(stage, shard) for shard in shards}
    notes: dict[int, Failure] = {}
    for donor in workspace.donors:
        if wanted and alike(donor.config, workspace.config, stage):
            notes = donor.ledger(stage.name).notes(wanted) | notes
    return [
        note
        for shard, note in notes.items()
        if note.fingerprint == wanted[shard] and note.failure_class == PERMANENT
    ]


def alike(donor: RunConfig, config: RunConfig, stage: Stage) -> bool:
    """Say whether two runs would do the same with the same input of a stage."""
    known = set(stage.models) <= set(donor.models) & set(config.models)
    return known and settings_of(donor, stage) == settings_of(config, stage)


def _equal(donor: Workspace, stage: Stage, wanted: Mapping[int, str]) -> dict[int, Commit]:
    """Give a donor's commits that have the wanted fingerprints, each with where it is from."""
    commits = donor.ledger(stage.name).find_each(wanted) if wanted else {}
    return {
        shard: commit.model_copy(update={"origin": commit.origin or donor.folder})
        for shard, commit in commits.items()
        if commit.fingerprint == wanted[shard]
    }


def sound(
    commits: dict[int, Commit], donors: Collection[Workspace], stage: Stage
) -> dict[int, Commit]:
    """Leave out what is damaged, and what one of the donors has taken back."""
    if not commits:
        return {}
    ledgers = [donor.ledger(stage.name) for donor in donors]
    out = ledgers[0].damaged(Outlines.of(map(Outline.of, commits.values())))
    for ledger in ledgers:
        withdrawn = ledger.withdrawn(commits)
        out |= {n for n, back in withdrawn.items() if back.attempt == commits[n].attempt}
    return {shard: commit for shard, commit in commits.items() if shard not in out}


def other_states(workspace: Workspace, stage: Stage, shard: int) -> Iterator[Commit]:
    """Give what a shard held last, here and then in donors, by the same models and version."""
    models = workspace.config.identities_of(stage)
    runs = (run for run in workspace.donors if shard < run.config.shards(stage.axis))
    held = (run.ledger(stage.name).earlier(shard) for run in (workspace, *runs))
    for commit in held:
        if commit and (commit.models, commit.stage_version) == (models, stage.version):
            yield commit


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
