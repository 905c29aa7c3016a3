"""In which shards of a run the rows and drops of an item are: keys, sorted, and their places.

    {root}/views/items/{extracts|builds}/{run}/{segment}/part-0000.parquet …
                                              /index.json, written last

A row says: this key is borne by that table (Group.keys, by its number) of that shard. What an index
says is a hint, and never believed by itself: who looks reads the rows. So it may be old: a shard
that was done again is read for nothing, and what was committed since is put into one more segment
by whoever asks next. Made when a group is promoted, by one pass over the columns of the tables that
bear keys. Memory is bounded by one shard's columns, or one part.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import DamagedObject, RealSynError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.keys import Bearing
from realsyn_tasks.datasets.index import ROW, ROW_GROUP_ROWS, Part, Rows, Spool, in_parts

FOLDER = "views/items"
FORMAT = 1
ROWS_PER_PART = 1_000_000
MOST_SEGMENTS = 6
SHARDS_AT_ONCE = 256  # whose markers are read together
Place = tuple[int, int]  # number of a bearing, shard
Covered = dict[str, dict[str, str]]  # stage -> shard -> what it held, in short


class Segment(Frozen):
    """The keys of some shards."""

    name: str
    rows: int  # at most
    parts: tuple[Part, ...]


class Index(Frozen):
    """An index as it stands in storage."""

    format: int = FORMAT
    bearings: str  # digest of what was indexed
    contents: dict[str, str]  # stage -> digest of all markers, when every shard was covered
    covered: Covered
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True)
class Items:
    """The items of a run, looked up by their keys."""

    run: Workspace
    index: Index
    bearings: tuple[Bearing, ...]
    beside: Mapping[str, Storage] = field(default_factory=dict)  # segments that could not be kept

    @property
    def size(self) -> int:
        """Give the bytes of all parts."""
        return sum(part.object.size for segment in self.index.segments for part in segment.parts)

    def places(self, keys: Collection[int]) -> dict[int, list[Place]]:
        """Give the places of each key that has any: bearing and shard, in order."""
        try:
            return self._look_up(keys)
        except FileNotFoundError:  # an index is nothing that could not be made again
            anew = _Renewal(self.run, self.bearings, _empty(self.bearings), self.index.contents)
            return anew.items()._look_up(keys)

    def _look_up(self, keys: Collection[int]) -> dict[int, list[Place]]:
        places: dict[int, set[Place]] = defaultdict(set)
        for segment in self.index.segments if keys else ():
            storage = self.beside.get(segment.name, self.run.storage)
            for row in in_parts(storage, segment.parts, keys):
                places[int(row["key"])].add((int(row["what"]), int(row["shard"])))
        return {key: sorted(several) for key, several in places.items()}


def bearings_of(run: Workspace) -> tuple[Bearing, ...]:
    """List the tables of a run that bear keys, as its groups declare them."""
    stages = {stage.name for stage in run.stages()}
    every = (bearing for group in run.groups for bearing in group.hook("keys") or ())
    return tuple(bearing for bearing in every if bearing.stage in stages)


def of_run(run: Workspace) -> Items:
    """Give the index of a run; what was committed since it was written is added first."""
    bearings = bearings_of(run)
    known = _read(run, bearings)
    contents = {b.stage: run.ledger(b.stage).contents() for b in bearings}
    if known and known.contents == contents:
        return Items(run, known, bearings)
    return _Renewal(run, bearings, known or _empty(bearings), contents).items()


def _empty(bearings: Iterable[Bearing]) -> Index:
    return Index(bearings=_digest(bearings), contents={}, covered={})


def _digest(bearings: Iterable[Bearing]) -> str:
    return digest([repr(bearing) for bearing in bearings])


def _folder(run: Workspace) -> str:
    return f"{FOLDER}/{run.folder}"


def _note(run: Workspace) -> str:
    return f"{_folder(run)}/index.json"


def _read(run: Workspace, bearings: Iterable[Bearing]) -> Index | None:
    """Read an index; one that is damaged or of other tables is none."""
    with suppress(OSError, ValueError):
        known = Index.model_validate_json(run.storage.read(_note(run)))
        if known.format == FORMAT and known.bearings == _digest(bearings):
            return known
    return None


@cache
def _scratch() -> Storage:
    """Give a place for this process, where a root must not be written to."""
    return Storage.at(tempfile.mkdtemp(prefix="realsyn-items-"))


@dataclass(frozen=True)
class _Renewal:
    """Adds to an index what was committed since."""

    run: Workspace
    bearings: tuple[Bearing, ...]
    known: Index
    contents: dict[str, str]
    damaged: set[tuple[str, int]] = field(default_factory=set)  # stage and shard; asked for again

    def items(self) -> Items:
        segment, beside = self._segment()
        every = segments = (*self.known.segments, *segment)
        if len(every) > MOST_SEGMENTS and not beside:
            segments = (self._merged(every),)
        known = Index(
            bearings=self.known.bearings,
            contents={stage: self._known_contents(stage) for stage in self.contents},
            covered={stage: self._readable(stage) for stage in self.contents},
            segments=segments,
        )
        if not beside:
            self._keep(known, every)
        return Items(self.run, known, self.bearings, beside)

    @cached_property
    def _covered(self) -> Covered:
        """What each shard holds now, in short, of each stage that bears keys."""
        covered: Covered = {}
        for stage in self.contents:
            outlines = self.run.ledger(stage).outlines()
            pairs = zip(outlines.shards, outlines.digests, strict=True)
            covered[stage] = {str(shard): content[:12] for shard, content in pairs}
        return covered

    def _readable(self, stage: str) -> dict[str, str]:
        gone = {str(shard) for of, shard in self.damaged if of == stage}
        return {shard: held for shard, held in self._covered[stage].items() if shard not in gone}

    def _known_contents(self, stage: str) -> str:
        return "" if stage in {of for of, _ in self.damaged} else self.contents[stage]

    def _fresh(self, stage: str) -> list[int]:
        """List the shards that the index does not know, or not as they are."""
        known = self.known.covered.get(stage, {})
        held = self._covered[stage]
        return [int(shard) for shard, content in held.items() if known.get(shard) != content]

    def _commits(self) -> Iterator[tuple[int, Commit, ObjectRef]]:
        """Give the tables of unknown shards that bear keys, with the number of their bearing."""
        for stage in self.contents:
            shards, ledger = self._fresh(stage), self.run.ledger(stage)
            for start in range(0, len(shards), SHARDS_AT_ONCE):
                for commit in ledger.find_each(shards[start : start + SHARDS_AT_ONCE]).values():
                    for number, bearing in enumerate(self.bearings):
                        ref = commit.objects.get(bearing.table)
                        if bearing.stage == stage and ref and ref.rows:
                            yield number, commit, ref

    def _segment(self) -> tuple[tuple[Segment, ...], dict[str, Storage]]:
        """Write the keys of unknown shards; beside the root where that takes none."""
        fresh = {stage: self._fresh(stage) for stage in self.contents}
        if not any(fresh.values()):
            return (), {}
        held = [[(n, self._covered[stage][str(n)]) for n in fresh[stage]] for stage in fresh]
        name = digest([self.known.bearings, held])[:16]
        rows = sum(
            (ref.rows or 0) * len(self.bearings[number].columns)
            for number, _, ref in self._commits()
        )
        with tempfile.TemporaryDirectory(prefix="realsyn-") as scratch:
            spool = Spool(Path(scratch), _parts(rows))
            for number, commit, ref in self._commits():
                spool.add(self._rows(number, commit, ref))
            try:
                parts, beside = spool.stored(self.run.storage, self._at(name)), {}
            except (RealSynError, OSError):
                parts = spool.stored(_scratch(), self._at(name))
                beside = {name: _scratch()}
        return (Segment(name=name, rows=rows, parts=parts),), beside

    def _at(self, name: str) -> str:
        return f"{_folder(self.run)}/{name}"

    def _rows(self, number: int, commit: Commit, ref: ObjectRef) -> Rows:
        bearing = self.bearings[number]
        try:
            table = read_columns(self.run.storage, ref, bearing.columns)
        except (DamagedObject, FileNotFoundError):
            self.damaged.add((bearing.stage, commit.shard))
            return np.zeros(0, dtype=ROW)
        keys = np.unique(np.concatenate([np.zeros(0, np.uint64), *bearing.keys(table)]))
        rows = np.zeros(len(keys), dtype=ROW)
        rows["key"], rows["what"], rows["shard"] = keys, number, commit.shard
        return rows

    def _merged(self, segments: Sequence[Segment]) -> Segment:
        """Make one of several segments."""
        rows, name = sum(s.rows for s in segments), digest([s.name for s in segments])[:16]
        with tempfile.TemporaryDirectory(prefix="realsyn-") as scratch:
            spool = Spool(Path(scratch), _parts(rows))
            for part in (part for segment in segments for part in segment.parts):
                for piece in _pieces(self.run.storage, part):
                    spool.add(piece)
            return Segment(
                name=name, rows=rows, parts=spool.stored(self.run.storage, self._at(name))
            )

    def _keep(self, known: Index, every: Sequence[Segment]) -> None:
        """Write the note; segments that it no longer names go."""
        with suppress(RealSynError, OSError):
            self.run.storage.replace(_note(self.run), known.model_dump_json().encode())
            named = {segment.name for segment in known.segments}
            for segment in every:
                for part in segment.parts if segment.name not in named else ():
                    self.run.storage.delete(part.object.path)


def _parts(rows: int) -> int:
    return max(1, -(-rows // ROWS_PER_PART))


def _pieces(storage: Storage, part: Part) -> Iterator[Rows]:
    with arrow_files.opened(storage, part.object.path) as source:
        for batch in pq.ParquetFile(source).iter_batches(ROW_GROUP_ROWS):
            rows = np.zeros(batch.num_rows, dtype=ROW)
            for name in ROW.names or ():
                rows[name] = batch[name].to_numpy()
            yield rows


def read_columns(storage: Storage, ref: ObjectRef, columns: Sequence[str]) -> pa.Table:
    """Read some columns of a committed table."""
    with arrow_files.committed(storage, ref) as source:
        return pq.read_table(source, columns=list(columns))
