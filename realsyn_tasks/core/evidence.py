"""What a gate may look at: the commits of one stage group, and tables through them only."""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from realsyn_tasks.core.answers import StageStatus
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.outlines import Tally
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.core.workspace import Workspace

if TYPE_CHECKING:  # who asks for no table needs no pyarrow
    import pyarrow as pa


class Statuses(Protocol):
    """Who knows the state of a run's stages."""

    def status(self, stage: Stage) -> StageStatus:
        """Give the state of all shards of a stage."""
        ...


class Evidence:
    """The state of one stage group of one run, read once."""

    def __init__(self, workspace: Workspace, group: str, planner: Statuses | None = None) -> None:
        self.workspace = workspace
        self.group = group
        self.stages = workspace.stages(group) if group else []
        self._planner = planner or Planner(workspace)

    @cached_property
    def statuses(self) -> dict[str, StageStatus]:
        """Give the state of every stage of the group, in order."""
        return {stage.name: self._planner.status(stage) for stage in self.stages}

    @property
    def complete(self) -> bool:
        """Say whether every shard of every stage is done or quarantined."""
        return all(status.complete for status in self.statuses.values())

    def commits(self, stage: str) -> Sequence[Commit]:
        """Give the commits of a stage, or of a source's shards, in shard order."""
        if stage in self.workspace.sources:
            return self.workspace.sources[stage].commits()
        status = self._status(stage)
        return [status.commits[shard] for shard in sorted(status.commits)] if status else []

    def tallies(self, stage: str) -> Iterator[Tally]:
        """Give what the shards of a stage, or of a source, counted, in order; reads no marker."""
        status = None if stage in self.workspace.sources else self._status(stage)
        return status.outlines.tallies() if status else map(tally_of, self.commits(stage))

    def counts(self, stage: str) -> Counter[str]:
        """Add up what the shards of a stage counted."""
        total: Counter[str] = Counter()
        for tally in self.tallies(stage):
            total.update(tally.counts)
        return total

    def first_samples(self, ref: ObjectRef, most: int) -> dict[str, dict[str, bytes]]:
        """Read the first samples of a WebDataset tar as key -> suffix -> bytes."""
        samples: dict[str, dict[str, bytes]] = {}
        try:
            for name, data in self._members(ref):
                key, _, suffix = name.partition(".")
                if key not in samples and len(samples) == most:
                    break
                samples.setdefault(key, {})[suffix] = data
        except (tarfile.TarError, OSError) as error:
            raise DamagedObject(ref.path, str(error)) from error
        return samples

    def first_rows(
        self, commit: Commit, table: str, columns: list[str], rows: int
    ) -> list[dict[str, Any]]:
        """Give the first rows of a table: where they are sorted by hash, a random choice."""
        pieces = self.read(commit.objects[table], columns)
        first: list[dict[str, Any]] = next(pieces).slice(0, rows).to_pylist()
        return first

    def _members(self, ref: ObjectRef) -> Iterator[tuple[str, bytes]]:
        with (
            self.workspace.storage.open(ref.path) as source,
            tarfile.open(fileobj=source, mode="r:") as tar,
        ):
            for member in tar:
                content = tar.extractfile(member)
                yield member.name, content.read() if content else b""

    def _status(self, name: str) -> StageStatus | None:
        if name in self.statuses:
            return self.statuses[name]
        if not self.workspace.runs(name):
            return None
        return self._planner.status(self.stage(name))

    def stage(self, name: str) -> Stage:
        """Find a stage by name."""
        return self.workspace.pipeline.stage(name)

    def rows(self, stage: str, table: str) -> int:
        """Count the rows of a table over all commits of a stage."""
        pinned = self.workspace.config.sources.get(stage)
        if pinned is not None:
            return pinned.rows.get(table, 0)
        status = self._status(stage)
        return status.outlines.rows_by_table.get(table, 0) if status else 0

    def begun(self, stage: str) -> bool:
        """Say whether a stage has committed anything."""
        status = self._status(stage)
        return bool(status and status.outlines)

    def rows_by_shard(self, stage: str, table: str) -> dict[int, int]:
        """Count the rows of a table for each committed shard of a stage."""
        return {tally.shard: tally.rows.get(table, 0) for tally in self.tallies(stage)}

    def dropped(self, stage: str, kind: str) -> Counter[str]:
        """Count what a stage dropped of a kind, by reason."""
        status = self._status(stage)
        return Counter(status.outlines.drops_by_reason.get(kind, {})) if status else Counter()

    def measure(self, stage: str, name: str) -> float | None:
        """Give a measure that a fit stage noted in its commit."""
        values = (commit.measures.get(name) for commit in self.commits(stage))
        return next((value for value in values if value is not None), None)

    def rows_of(
        self, ref: ObjectRef, key: str, names: pa.Array, columns: list[str]
    ) -> Iterator[pa.Table]:
        """Read the rows whose key is one of some names; of a table with none, the keys alone."""
        import pyarrow.compute as pc

        if any(pc.any(pc.is_in(keys[key], names)).as_py() for keys in self.read(ref, [key])):
            for piece in self.read(ref, columns):
                yield piece.filter(pc.is_in(piece[key], names))

    def read(self, ref: ObjectRef, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Read a committed table in at least one piece; DamagedObject if it is not as committed."""
        from realsyn_tasks.core import arrow_files

        return arrow_files.pieces(self.workspace.storage, ref, columns)


def tally_of(commit: Commit) -> Tally:
    """Give what a shard counted, by its marker."""
    return Tally(commit.shard, commit.rows, commit.dropped, commit.counts)
