"""In which shards of a run the rows and drops of an item are: keys, sorted, and their places.

    {root}/views/items/{extracts|builds}/{run}/{segment}/part-0000.parquet …
                                              /index.json, written last

A row says: this key is borne by that table (Group.keys, by its number) of that shard. What an index
says is a hint, and never believed by itself: who looks reads the rows. So it may be old: a shard
that was done again is read for nothing, and what was committed since is put into one more segment
by whoever asks next.

Made when a group is promoted, by one pass over the columns of the tables that bear keys, in slices
of some shards (item_segments): each is a segment, and noted as soon as it is written. Whoever was
stopped loses the slice that it was at, and whoever comes next goes on behind it. Memory is bounded
by one shard's columns, one part, or a run of rows on their way into parts (`Spool`), and by what is
noted of each shard; the disk beside by the rows of a slice.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.commits import DROPPED, Commit
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import DamagedObject, RealSynError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.outlines import Tally
from realsyn_tasks.core.progress import Countdown
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.keys import Bearing
from realsyn_tasks.datasets.index import ROW, Rows, Spool, in_parts
from realsyn_tasks.report import item_segments
from realsyn_tasks.report.item_segments import Held, Segment

FOLDER = "views/items"
FORMAT = 1
SHARDS_AT_ONCE = 256  # whose markers are read together
IN_SHORT = 12  # digits of a digest
READING = 0.7  # of the time that a row takes; what is left goes by in putting it into order
Place = tuple[int, int]  # number of a bearing, shard
Covered = dict[str, dict[str, str]]  # stage -> shard -> what it held, in short


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


class _Renewal:
    """Adds to an index what was committed since, slice by slice, each noted as it is made."""

    def __init__(
        self, run: Workspace, bearings: tuple[Bearing, ...], known: Index, contents: dict[str, str]
    ) -> None:
        self._run = run
        self._bearings = bearings
        self._contents = contents
        self._held = [held for stage in contents for held in self._holdings(stage, known)]
        self._unread = {held for held in self._held if not _knows(known, held)}
        self._lost: set[Held] = set()  # of which a table cannot be read; asked for again
        self._beside: list[Segment] = []  # that the root did not take
        self._index = self._with(known.segments)
        self._said = _Said(sum(held.rows for held in self._unread))

    def items(self) -> Items:
        """Read all that is unknown, and give the index with it."""
        fresh = [held for held in self._held if held in self._unread]
        if not fresh:
            self._keep(self._index)
        for some in item_segments.sliced(fresh):
            self._add(some)
        segments = (*self._index.segments, *self._beside)
        beside = {segment.name: _scratch() for segment in self._beside}
        whole = self._index.model_copy(update={"segments": segments})
        return Items(self._run, whole, self._bearings, beside)

    def _holdings(self, stage: str, known: Index) -> Iterator[Held]:
        """Tell what each shard of a stage holds, by outlines alone; rows of what is unknown."""
        outlines = self._run.ledger(stage).outlines()
        contents = [content[:IN_SHORT] for content in outlines.digests]
        every = [Held(stage, *pair) for pair in zip(outlines.shards, contents, strict=True)]
        unknown = {held.shard for held in every if not _knows(known, held)}
        rows = {t.shard: self._most(stage, t) for t in outlines.only(unknown).tallies()}
        return (held._replace(rows=rows.get(held.shard, 0)) for held in every)

    def _most(self, stage: str, tally: Tally) -> int:
        """Count the rows of keys that a shard can have at most."""
        dropped = sum(sum(reasons.values()) for reasons in tally.dropped.values())
        rows = {**tally.rows, DROPPED: dropped}
        mine = (bearing for bearing in self._bearings if bearing.stage == stage)
        return sum(rows.get(bearing.table, 0) * len(bearing.columns) for bearing in mine)

    def _with(self, segments: tuple[Segment, ...]) -> Index:
        """Give the index of what is read by now, in these segments."""
        covered: Covered = {stage: {} for stage in self._contents}
        for held in self._held:
            if held not in self._unread:
                covered[held.stage][str(held.shard)] = held.content
        undone = {held.stage for held in self._unread}
        return Index(
            bearings=_digest(self._bearings),
            contents={s: "" if s in undone else all_ for s, all_ in self._contents.items()},
            covered=covered,
            segments=segments,
        )

    def _add(self, some: Sequence[Held]) -> None:
        """Make a segment of a slice; beside the root, where that takes none."""
        rows, name = sum(held.rows for held in some), self._name(some)
        with item_segments.spooled(self._rows_of(some), rows) as spool:
            try:
                made = self._stored(spool, self._run.storage, name, rows)
            except (RealSynError, OSError):
                self._beside += self._stored(spool, _scratch(), name, rows)
            else:
                self._know(some, made)
        self._said.stored(rows)

    def _stored(
        self, spool: Spool | None, storage: Storage, name: str, rows: int
    ) -> tuple[Segment, ...]:
        """Write a segment, unless it would be empty."""
        if spool is None:
            return ()
        parts = spool.stored(storage, f"{_folder(self._run)}/{name}")
        return (Segment(name=name, rows=rows, parts=parts),)

    def _name(self, some: Sequence[Held]) -> str:
        """Name a segment by what it holds."""
        content = [[(h.shard, h.content) for h in some if h.stage == s] for s in self._contents]
        return digest([_digest(self._bearings), content])[:16]

    def _know(self, some: Sequence[Held], made: tuple[Segment, ...]) -> None:
        """Note a slice, so that whoever comes next goes on behind it."""
        self._unread -= set(some) - self._lost
        names = {segment.name for segment in made}
        others = (known for known in self._index.segments if known.name not in names)
        self._keep(self._with((*others, *made)))
        with suppress(RealSynError, OSError):  # one that is lost is found to be so by who asks
            self._merge()

    def _rows_of(self, some: Sequence[Held]) -> Iterator[Rows]:
        """Read the keys of some shards, table by table."""
        for stage in self._contents:
            mine = [held for held in some if held.stage == stage]
            for start in range(0, len(mine), SHARDS_AT_ONCE):
                few = mine[start : start + SHARDS_AT_ONCE]
                commits = self._run.ledger(stage).find_each(held.shard for held in few)
                for held in few:
                    yield from self._rows_in(held, commits.get(held.shard))
                    self._said.read(held.rows)

    def _rows_in(self, held: Held, commit: Commit | None) -> Iterator[Rows]:
        """Read the keys of a shard, table by table; none of what cannot be read."""
        if commit is None:  # withdrawn at this moment
            self._lost.add(held)
            return
        for number, bearing in enumerate(self._bearings):
            ref = commit.objects.get(bearing.table)
            if bearing.stage == held.stage and ref and ref.rows:
                try:
                    table = read_columns(self._run.storage, ref, bearing.columns)
                except (DamagedObject, FileNotFoundError):
                    self._lost.add(held)
                else:
                    yield _rows(bearing, table, number, held.shard)

    def _merge(self) -> None:
        """Make one of small segments, once there are too many."""
        chosen = item_segments.to_merge(self._index.segments)
        if not chosen:
            return
        rows, name = sum(s.rows for s in chosen), digest([s.name for s in chosen])[:16]
        with item_segments.spooled(item_segments.rows_of(self._run.storage, chosen), rows) as spool:
            merged = self._stored(spool, self._run.storage, name, rows)
        rest = (segment for segment in self._index.segments if segment not in chosen)
        self._keep(self._with((*rest, *merged)))

    def _keep(self, index: Index) -> None:
        """Write the note; segments that it no longer names go."""
        before, self._index = self._index, index
        with suppress(RealSynError, OSError):
            self._run.storage.replace(_note(self._run), index.model_dump_json().encode())
            named = {segment.name for segment in index.segments}
            for segment in before.segments:
                for part in segment.parts if segment.name not in named else ():
                    self._run.storage.delete(part.object.path)


class _Said:
    """Says how far a renewal is: by rows of keys, which are read, and then put into order."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._read = self._stored = 0
        self._countdown = Countdown("index of items")

    def read(self, rows: int) -> None:
        self._read += rows
        self._say()

    def stored(self, rows: int) -> None:
        self._stored += rows
        self._say()

    def _say(self) -> None:
        done = READING * self._read + (1 - READING) * self._stored
        self._countdown.reach(int(done), self._rows, "keys")


def _knows(known: Index, held: Held) -> bool:
    return known.covered.get(held.stage, {}).get(str(held.shard)) == held.content


def _rows(bearing: Bearing, table: pa.Table, number: int, shard: int) -> Rows:
    """Give the keys that a table bears, once each."""
    keys = np.sort(np.concatenate([np.zeros(0, np.uint64), *bearing.keys(table)]))
    keys = keys[np.diff(keys, prepend=keys[:1] ^ np.uint64(1)) != 0]  # np.unique takes nine times
    rows = np.zeros(len(keys), dtype=ROW)
    rows["key"], rows["what"], rows["shard"] = keys, number, shard
    return rows


def read_columns(storage: Storage, ref: ObjectRef, columns: Sequence[str]) -> pa.Table:
    """Read some columns of a committed table."""
    with arrow_files.committed(storage, ref) as source:
        # by itself: `pq.read_table` looks for data sets, which takes as long as such a table
        file = pq.ParquetFile(source, pre_buffer=True)
        return file.read(columns=list(columns), use_threads=False)
