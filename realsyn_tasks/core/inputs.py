"""What a shard's inputs look like from inside a stage."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files, keyed_tables, reuse, vector_columns
from realsyn_tasks.core.commits import DROPPED, Commit
from realsyn_tasks.core.declaration import Reading, Stage
from realsyn_tasks.core.errors import ConfigError, DamagedObject, MissingInput, is_no_fault_of_input
from realsyn_tasks.core.reuse import Planning, extendable
from realsyn_tasks.core.source import SourceShard, visible_digest
from realsyn_tasks.core.stage import Earlier, Piece
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.core.wiring import collected_shards
from realsyn_tasks.core.workspace import Workspace

T = TypeVar("T")


class ShardPlanning(Planning, Protocol):
    """What has to be known of a run to read a shard's inputs."""

    def commit(self, stage: Stage, shard: int) -> Commit | None:
        """Give the commit of one shard that is done."""
        ...


class Keep(Protocol):
    """Keeps what shards of a process make alike."""

    def __call__(self, key: Hashable, make: Callable[[], T], /) -> T:
        """Give what is kept by a key, or make it; one thread makes it, and others wait."""
        ...


class ShardInputs:
    """The inputs of one shard of one stage: only what commits vouch for."""

    def __init__(
        self, workspace: Workspace, planner: ShardPlanning, stage: Stage, shard: int, keep: Keep
    ) -> None:
        self._workspace = workspace
        self._planner = planner
        self._stage = stage
        self._shard = shard
        self._keep = keep

    def has(self, stage: str) -> bool:
        """Say whether an input stage is part of this run."""
        return self._workspace.runs(stage)

    def table(self, stage: str, name: str, columns: list[str] | None = None) -> pa.Table:
        """Give all rows of a table meant for this shard, in shard order."""
        pieces = [piece for _, piece in self.stream(stage, name, columns)]
        if not pieces:
            raise MissingInput(f"{self._stage.name} finds no shard of {stage} with a {name} table")
        return pa.concat_tables(pieces)

    def stream(
        self, stage: str, name: str, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        """Give the same rows piece by piece, each with the number of the shard it comes from."""
        reading = self._reading(stage)
        if reading is Reading.GATHER and stage not in self._workspace.sources:
            yield from self._gathered(stage, name, columns)
            return
        for commit in self._commits(stage, reading):
            yield commit.shard, self._visible(commit, name, columns)

    def _gathered(
        self, stage: str, name: str, columns: list[str] | None
    ) -> Iterator[tuple[int, pa.Table]]:
        """Read this shard's part of a keyed table, of what was collected where it was.

        Of what it gathers, a stage can read nothing else: nothing else tells whether what it read
        has changed (core.gathered).
        """
        if name not in self._keyed(stage):
            raise ConfigError(
                f"{self._stage.name} gathers {stage}: its {name} is keyed with no shard"
            )
        collecting = self._workspace.pipeline.collecting(self._stage, stage)
        collected = collecting is not None and self._workspace.runs(collecting.name)
        source = collecting.name if collecting and collected else stage
        for commit in self._commits(source, Reading.GATHER):
            ref = commit.part(name, self._shard) if collected else commit.objects[name]
            if ref is None:
                yield commit.shard, self._keyed(stage)[name].empty_table()
                continue
            for piece in keyed_tables.pieces_of(self._workspace.storage, ref, self._shard, columns):
                yield commit.shard, piece

    def _keyed(self, stage: str) -> dict[str, pa.Schema]:
        """Give the schemas of the keyed tables of a stage."""
        schemas = self._workspace.pipeline.stage(stage).schemas()
        return {
            n: schema for n, schema in schemas.items() if keyed_tables.PARTITION in schema.names
        }

    def keyed(self) -> tuple[int, tuple[str, ...]]:
        """Give what a collecting stage collects: a number of partitions, and tables by name."""
        partitions = self._workspace.config.shards(self._stage.keyed_by or "")
        return partitions, tuple(self._keyed(self._stage.collects))

    def sizes(self, name: str) -> list[int]:
        """Give the bytes of the objects of a table that a collecting stage reads."""
        return [ref.size for ref in self._of_run(name)]

    def copies(self, name: str, folder: Path) -> Iterator[tuple[str, Path]]:
        """Give those objects one by one as local files, each with its path in storage."""
        for ref in self._of_run(name):
            copy = self._workspace.storage.local(ref, folder)
            yield ref.path, copy
            if copy.is_relative_to(folder):
                copy.unlink()

    def _of_run(self, name: str) -> list[ObjectRef]:
        collected = self._workspace.pipeline.stage(self._stage.collects)
        numbers = collected_shards(self._workspace, self._stage, self._shard)
        commits = (self._planner.commit(collected, number) for number in numbers)
        return [commit.objects[name] for commit in commits if commit]

    def pieces(self, stage: str, name: str) -> list[Piece]:
        """Give what `stream` reads of whole tables, to count it and to read some of it."""
        commits = self._commits(stage, self._reading(stage))
        return [Piece(commit.rows[name], self._reader(commit, name)) for commit in commits]

    def _reader(self, commit: Commit, name: str) -> Callable[[list[str] | None], pa.Table]:
        return lambda columns: self._visible(commit, name, columns)

    def _visible(self, commit: Commit, name: str, columns: list[str] | None) -> pa.Table:
        """Read a table of a commit; of a source's shard without the rows that are hidden."""
        hidden = commit.hidden.get(name) if isinstance(commit, SourceShard) else None
        if not hidden:
            return self._read(commit.objects[name], columns)
        wanted = [*columns, hidden.key] if columns and hidden.key not in columns else columns
        table = self._read(commit.objects[name], wanted)
        ids = self._workspace.sources[commit.stage].hidden_ids(commit.shard, name)
        gone = pc.is_in(table[hidden.key], pa.array(sorted(ids)))
        kept = table.filter(pc.invert(gone))
        return kept.select(columns) if columns else kept

    def of_fit(self, stage: str, name: str, make: Callable[..., T], *told: Hashable) -> T:
        """Give make(table, *told) of a fit's table; kept by what the table holds."""
        if self._reading(stage) is not Reading.BROADCAST:
            raise ConfigError(f"{self._stage.name} reads {stage}, which is no fit, shard by shard")
        [commit] = self._commits(stage, Reading.BROADCAST)
        ref = commit.objects[name]
        return self._keep((ref.sha256, make, told), lambda: make(self._read(ref, None), *told))

    def blob(self, stage: str, name: str) -> BinaryIO:
        """Open a blob of the aligned shard, or of a fit, for random reads."""
        ref = self.stored(stage, name)
        self._workspace.storage.verify(ref)
        return self._workspace.storage.open(ref.path)

    def stored(self, stage: str, name: str) -> ObjectRef:
        """Say where a blob of the aligned shard, or of a fit, is stored."""
        fitted = self._reading(stage) is Reading.BROADCAST
        [commit] = self._commits(stage, Reading.BROADCAST if fitted else Reading.ALIGNED)
        return commit.objects[name]

    def earlier_table(self, name: str) -> pa.Table | None:
        """Give a table of what this shard held last, of whatever it was made; None if gone."""
        ref = self._earlier_object(name)
        try:
            return self._read(ref, None) if ref else None
        except DamagedObject:
            return None

    def earlier_blob(self, name: str) -> BinaryIO | None:
        """Open a blob of what this shard held last; None if gone."""
        ref = self._earlier_object(name)
        if ref is None or self._workspace.storage.size(ref.path) != ref.size:
            return None
        return self._workspace.storage.open(ref.path)

    def made_alike(self, name: str, *same: str) -> pa.Table | None:
        """Give a table that another state of this shard has, by the same models and version.

        It was made of these inputs as they are, or as they were while nothing of them was hidden.
        """
        wanted = self._planner.fingerprints.inputs(self._stage, self._shard)
        known = {each: {wanted.get(each), self._unhidden(each)} for each in same}
        for commit in reuse.other_states(self._workspace, self._stage, self._shard):
            if all(commit.inputs.get(each) in known[each] for each in same):
                with suppress(DamagedObject):
                    return self._read(commit.objects[name], None)
        return None

    def _unhidden(self, name: str) -> str | None:
        """Digest what a shard of a source holds, with what is hidden of it."""
        if name not in self._workspace.sources:
            return None
        objects = self._workspace.sources[name].commits()[self._shard].objects
        return visible_digest(objects, {})

    def grown_from(self) -> Earlier | None:
        """Give what an earlier build made of the first of this shard's inputs, if it has."""
        base = extendable(self._workspace, self._planner, self._stage, self._shard)
        made = self._tables_of(base.commit) if base else None
        return Earlier(base.shards, made) if base and made else None

    def earlier_fit(self, content: str) -> dict[str, pa.Table] | None:
        """Give the tables of an earlier build's same fit, if its content has this digest."""
        earlier = self._workspace.earlier
        commit = earlier.ledger(self._stage.name).find(self._shard) if earlier else None
        return self._tables_of(commit) if commit and commit.digest == content else None

    def _tables_of(self, commit: Commit) -> dict[str, pa.Table] | None:
        """Read all tables of a commit; None where one is damaged."""
        try:
            refs = {name: ref for name, ref in commit.objects.items() if name != DROPPED}
            return {name: self._read(ref, None) for name, ref in refs.items()}
        except DamagedObject:
            return None

    def _earlier_object(self, name: str) -> ObjectRef | None:
        commit = self._workspace.ledger(self._stage.name).earlier(self._shard)
        return commit.objects.get(name) if commit else None

    def source(self, name: str) -> Any:
        """Give the reader of a source that this stage declares to read."""
        self._reading(name)
        try:
            return self._workspace.sources[name]
        except KeyError:
            raise ConfigError(f"{self._stage.name} reads a {name}, and this run has none") from None

    def _reading(self, name: str) -> Reading:
        if name not in self._stage.reads:
            raise ConfigError(f"{self._stage.name} does not declare that it reads {name}")
        return self._workspace.pipeline.reading(self._stage, name)

    def _commits(self, name: str, reading: Reading) -> list[Commit]:
        if reading is Reading.ALIGNED:
            return [self._aligned_commit(name)]
        if name in self._workspace.sources:
            return list(self._workspace.sources[name].commits())
        commits = self._planner.status(self._workspace.pipeline.stage(name)).commits
        return [commits[shard] for shard in sorted(commits)]

    def _aligned_commit(self, name: str) -> Commit:
        if name in self._workspace.sources:
            return self._workspace.sources[name].commits()[self._shard]
        commit = self._planner.commit(self._workspace.pipeline.stage(name), self._shard)
        if commit is None:
            raise MissingInput(f"shard {self._shard:05d} of {name} is not committed")
        return commit

    def _read(self, ref: ObjectRef, columns: list[str] | None) -> pa.Table:
        storage = self._workspace.storage
        try:
            with arrow_files.committed(storage, ref) as source:
                file = pq.ParquetFile(source, page_checksum_verification=True)
                return vector_columns.unpacked(file.read(columns=columns))
        except (pa.ArrowInvalid, OSError) as error:
            if is_no_fault_of_input(error):
                raise
            raise DamagedObject(ref.path, str(error)) from error
