"""What a shard gathered when it was made: where that is still so, it need not be made again.

A stage that gathers reads of each shard of another stage the few rows that are keyed with its own
number, yet its fingerprint has all that those shards hold: one row less anywhere changes that of
all. So what was read is noted in outline beside the stage, once for each state of it:

    {run}/{stage}/_gathered/{what was read}-{digest}.json.gz

Where all else that a shard depends on is as it was, the rows meant for it of those shards that have
changed since are held against those that it had. If they are alike, its marker counts as it is.
"""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from realsyn_tasks.core import reuse
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.declaration import Reading, Stage
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.reuse import Planning
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.core.workspace import Workspace

MOST_CHANGED = 64  # shards of what is gathered; beyond, hardly anything is as it was


class Held(Frozen):
    """What a shard of a stage that is gathered held."""

    content: str
    objects: dict[str, ObjectRef]  # of its keyed tables


_STATE = TypeAdapter(dict[int, Held])
State = Mapping[int, Held]


class Gathering:
    """The shards of one stage of one run, with what they gathered and would gather now."""

    def __init__(self, workspace: Workspace, planner: Planning, stage: Stage) -> None:
        self._workspace, self._planner, self._stage = workspace, planner, stage
        pipeline = workspace.pipeline
        reads = [pipeline.stage(name) for name in stage.reads if workspace.runs(name)]
        self._reads = {
            read.name: read
            for read in reads
            if pipeline.reading(stage, read.name) is Reading.GATHER
        }
        self._states: dict[tuple[str, str], State | None] = {}

    def note(self) -> None:
        """Keep what is gathered now, for whoever asks later."""
        for read in self._reads.values():
            path = self._path(self._workspace.folder, read, self._planner.status(read).digest)
            if not self._workspace.storage.exists(path):
                data = _STATE.dump_json(dict(self._now(read)))
                self._workspace.storage.put_if_absent(path, gzip.compress(data, mtime=0))

    def unchanged(self, shards: Collection[int]) -> dict[int, Commit]:
        """Give the markers of shards that would come out as they are, as they have to be now."""
        commits: dict[int, Commit] = {}
        if not self._reads or not shards:
            return commits
        donors = [run for run in self._workspace.donors if self._alike(run)]
        for run in (self._workspace, *donors):
            count = run.config.shards(self._stage.axis)
            lacking = [shard for shard in shards if shard not in commits and shard < count]
            there = run.ledger(self._stage.name).find_each(lacking) if lacking else {}
            renewed = (self._renewed(run, commit) for commit in there.values())
            mine = {commit.shard: commit for commit in renewed if commit}
            commits |= reuse.sound(mine, [run, *donors], self._stage)
        return reuse.not_withdrawn(self._workspace, self._stage, commits)

    def _alike(self, donor: Workspace) -> bool:
        return reuse.alike(donor.config, self._workspace.config, self._stage)

    def _renewed(self, run: Workspace, commit: Commit) -> Commit | None:
        """Give a marker with the fingerprint of now, if what it was made of is as it was."""
        prints = self._planner.fingerprints
        if commit.fingerprint != prints.of_inputs(self._stage, commit.inputs):
            return None
        wanted = prints.inputs(self._stage, commit.shard)
        if wanted.keys() != commit.inputs.keys():
            return None
        others = [name for name in wanted if wanted[name] != commit.inputs[name]]
        if not all(name in self._reads for name in others):
            return None
        if not all(self._is_alike(run, self._reads[name], commit) for name in others):
            return None
        fingerprint = prints.of_inputs(self._stage, wanted)
        origin = commit.origin or ("" if run is self._workspace else run.folder)
        return commit.model_copy(
            update={"fingerprint": fingerprint, "inputs": wanted, "origin": origin}
        )

    def _is_alike(self, run: Workspace, read: Stage, commit: Commit) -> bool:
        """Say whether a shard would gather the same rows of a stage as it did."""
        folders = filter(None, (run.folder, commit.origin))
        then, now = self._then(folders, read, commit.inputs[read.name]), self._now(read)
        if then is None or then.keys() != now.keys():
            return False
        changed = [shard for shard in now if now[shard].content != then[shard].content]
        return len(changed) <= MOST_CHANGED and all(
            self._same_rows(then[shard], now[shard], commit.shard) for shard in changed
        )

    def _same_rows(self, then: Held, now: Held, shard: int) -> bool:
        from realsyn_tasks.core import keyed_tables  # a batch that finds nothing needs no Arrow

        def rows(ref: ObjectRef) -> Any:
            import pyarrow as pa

            return pa.concat_tables(keyed_tables.pieces_of(self._workspace.storage, ref, shard))

        if then.objects.keys() != now.objects.keys():
            return False
        try:
            pairs = ((then.objects[name], now.objects[name]) for name in now.objects)
            return all(a.sha256 == b.sha256 or rows(a).equals(rows(b)) for a, b in pairs)
        except (DamagedObject, FileNotFoundError):
            return False

    def _then(self, folders: Iterable[str], read: Stage, content: str) -> State | None:
        """Read what a stage held when all of it had this digest; None where nobody noted it."""
        key = (read.name, content)
        if key not in self._states:
            paths = [self._path(folder, read, content) for folder in folders]
            states = map(_parsed, self._workspace.storage.read_each(paths))
            self._states[key] = next((s for s in states if s and _content(s) == content), None)
        return self._states[key]

    def _now(self, read: Stage) -> State:
        """Give what a stage holds now."""
        from realsyn_tasks.core.keyed_tables import PARTITION

        status = self._planner.status(read)
        if (read.name, status.digest) not in self._states:
            keyed = {name for name, schema in read.schemas().items() if PARTITION in schema.names}
            self._states[read.name, status.digest] = {
                shard: _held(commit, keyed) for shard, commit in status.commits.items()
            }
        return self._states[read.name, status.digest] or {}

    def _path(self, folder: str, read: Stage, content: str) -> str:
        return f"{folder}/{self._stage.name}/_gathered/{read.name}-{content[:16]}.json.gz"


def _held(commit: Commit, keyed: Collection[str]) -> Held:
    objects = {name: ref for name, ref in commit.objects.items() if name in keyed}
    return Held(content=commit.digest, objects=objects)


def _content(state: State) -> str:
    """Digest what all shards of a stage held, as its status does."""
    return digest([state[shard].content for shard in sorted(state)])


def _parsed(data: bytes | None) -> State | None:
    """Read a note; one that is torn is none."""
    try:
        return _STATE.validate_json(gzip.decompress(data)) if data else None
    except (ValidationError, OSError, EOFError):
        return None
