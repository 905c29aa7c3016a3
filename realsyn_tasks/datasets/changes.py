"""What differs between two versions, pair by pair: added, removed, and changed in which columns.

A pair is known by its image. Tables are read one after another and set beside each other in parts,
by ranges of ids, through a scratch folder: memory holds at most three times HELD_BYTES of tables
(those just read, those before, and these in order of parts), then one part of both. What differs is
kept in a file as well, mapped into memory. Why it differs is told by `change_reasons`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import chunks
from realsyn_tasks.datasets.shards import read_table, shards
from realsyn_tasks.datasets.versions import Version

PAIRS_PER_PART = 250_000
HELD_BYTES = 128 << 20  # of tables on their way into parts
TEXTS = ("text1", "text2", "text3")
KEY, SENTENCES, PLACE = "image_id", "sentence_ids", "place"
MOST_TEXTS = len(TEXTS)
FIELDS = (  # columns that are compared; the rest follows from them, or says where the pair stands
    *TEXTS,
    *("syn_text", "recaption", "caption", "alt", "licence", "raw_image_url", "document_url"),
    *("crawled", "realistic_scores", "relevance", "syn_score", "cluster_id", "tags"),
)
ID = "S32"
ROW = np.dtype(
    [
        ("id", ID),
        ("old", "<i8"),  # shard << 32 | row; -1: it has no such pair
        ("new", "<i8"),
        ("fields", "<u4"),  # bit by bit, those of FIELDS that differ
    ]
)
Rows = np.ndarray[Any, Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Changes:
    """Every pair in which two versions differ, in order of id, and how many are the same."""

    rows: Rows  # of ROW
    same: int
    fields: tuple[str, ...]  # columns that both versions have
    scratch: tempfile.TemporaryDirectory[str]  # holds the rows

    @property
    def added(self) -> Mask:
        """Say which rows only the new version has."""
        mask: Mask = self.rows["old"] < 0
        return mask

    @property
    def removed(self) -> Mask:
        """Say which rows only the old version has."""
        mask: Mask = self.rows["new"] < 0
        return mask

    @property
    def changed(self) -> Mask:
        """Say which rows both have, one unlike the other."""
        mask: Mask = self.rows["fields"] > 0
        return mask

    def differ_in(self, *names: str) -> Mask:
        """Say which rows differ in one of these columns."""
        bits = sum(1 << FIELDS.index(name) for name in names)
        mask: Mask = self.rows["fields"] & np.uint32(bits) > 0
        return mask

    def counts(self) -> dict[str, int]:
        """Count the pairs by what became of them."""
        masks = {"added": self.added, "removed": self.removed, "changed": self.changed}
        return {"same": self.same, **{name: int(mask.sum()) for name, mask in masks.items()}}

    def by_field(self) -> dict[str, int]:
        """Count the changed pairs that differ in each column; a pair counts in each."""
        counts = {name: int(self.differ_in(name).sum()) for name in self.fields}
        return {name: count for name, count in counts.items() if count}


def fields_of(bits: int) -> list[str]:
    """Name the columns that differ."""
    return [name for place, name in enumerate(FIELDS) if bits >> place & 1]


def places_of(places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give shards and rows of places."""
    return places >> 32, places & 0xFFFFFFFF


def compare(old: Version, new: Version) -> Changes:
    """Set two versions beside each other; DamagedDataset if a table cannot be read."""
    scratch = tempfile.TemporaryDirectory(prefix="realsyn-changes-")
    folder, same = Path(scratch.name), 0
    parts = max(1, -(-max(old.manifest.pairs, new.manifest.pairs) // PAIRS_PER_PART))
    sides = [_spread(side, folder / str(n), parts) for n, side in enumerate((old, new))]
    common = set.intersection(*(set(side) for side in sides))
    fields = tuple(name for name in FIELDS if name in common)
    with (folder / "rows").open("wb") as file:
        for part in range(parts):
            before, after = (_part(folder / str(n), part) for n in (0, 1))
            rows, unchanged = _beside(before, after, fields)
            rows.tofile(file)
            same += unchanged
        size = file.tell()
    rows = np.memmap(folder / "rows", dtype=ROW, mode="r") if size else np.zeros(0, dtype=ROW)
    return Changes(rows, same, fields, scratch)


def _spread(version: Version, folder: Path, parts: int) -> list[str]:
    """Write the rows of a version into parts by their ids; give the names of its columns."""
    folder.mkdir()
    names: list[str] = []
    bounds = np.array([f"{(part << 32) // parts:08x}" for part in range(1, parts)], dtype=ID)
    for rows in _together(_tables(version)):
        names = rows.column_names
        _append(rows, folder, bounds)
    return names


def _append(rows: pa.Table, folder: Path, bounds: NDArray[Any]) -> None:
    """Write rows at the ends of their parts."""
    for part, mine in _by_part(rows, bounds):
        with _file(folder, part).open("ab") as sink, pa.ipc.new_stream(sink, mine.schema) as to:
            to.write_table(mine)


def _together(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Join tables, of which each has a few rows for a part, as long as they are small enough."""
    held: list[pa.Table] = []
    size = 0
    for table in tables:
        held.append(table)
        size += table.nbytes
        if size >= HELD_BYTES:
            yield pa.concat_tables(held)
            held, size = [], 0
    if held:
        yield pa.concat_tables(held)


def _by_part(rows: pa.Table, bounds: NDArray[Any]) -> Iterator[tuple[int, pa.Table]]:
    """Give the rows of each part that has any, in the order in which they stand."""
    numbers = np.searchsorted(bounds, ids_of(rows[KEY]), side="right")
    ordered = chunks.taken(rows, np.argsort(numbers, kind="stable")) if len(bounds) else rows
    ends = np.bincount(numbers, minlength=len(bounds) + 1).cumsum()
    for part in np.flatnonzero(np.diff(ends, prepend=0)).tolist():
        start = int(ends[part - 1]) if part else 0
        yield part, ordered.slice(start, int(ends[part]) - start)


def _tables(version: Version) -> Iterator[pa.Table]:
    for number, shard in enumerate(shards(version)):
        table = read_table(version, shard.table.path, [KEY, *FIELDS])
        places = np.arange(table.num_rows, dtype=np.int64) | np.int64(number << 32)
        yield table.append_column(PLACE, pa.array(places))


def _file(folder: Path, part: int) -> Path:
    return folder / f"{part}.arrow"


def _part(folder: Path, part: int) -> pa.Table | None:
    """Read a part of a version; None where it has no rows there."""
    path = _file(folder, part)
    return pa.concat_tables(_pieces(path)) if path.exists() else None


def _pieces(path: Path) -> Iterator[pa.Table]:
    """Read what was written into a part, one time after another."""
    source = pa.memory_map(str(path))
    while source.tell() < source.size():
        yield pa.ipc.open_stream(source).read_all()


def ids_of(column: pa.ChunkedArray) -> NDArray[Any]:
    """Give a column of ids as an array; those longer than 32 characters are no ids of ours."""
    return np.array(column.to_pylist(), dtype=ID)


def _beside(
    old: pa.Table | None, new: pa.Table | None, fields: tuple[str, ...]
) -> tuple[Rows, int]:
    """Give the rows that differ, in order of id, and how many are the same."""
    if old is None or new is None:
        alone = [_alone(t, name) for t, name in ((old, "old"), (new, "new")) if t is not None]
        rows: Rows = np.concatenate([np.zeros(0, dtype=ROW), *alone])
        return np.sort(rows, order="id"), 0
    at = pc.index_in(new[KEY], value_set=old[KEY])
    known = pc.is_valid(at).to_numpy(zero_copy_only=False)
    old_rows = at.filter(pc.is_valid(at)).to_numpy().astype(np.int64)
    gone = np.ones(old.num_rows, dtype=bool)
    gone[old_rows] = False
    changed = _changed(chunks.taken(old, old_rows), new.filter(pa.array(known)), fields)
    removed = _alone(old.filter(pa.array(gone)), "old")
    added = _alone(new.filter(pa.array(~known)), "new")
    rows = np.concatenate([removed, added, changed])
    return np.sort(rows, order="id"), len(old_rows) - len(changed)


def _alone(table: pa.Table, side: str) -> Rows:
    rows = np.zeros(table.num_rows, dtype=ROW)
    rows["id"], rows["old"], rows["new"] = ids_of(table[KEY]), -1, -1
    rows[side] = table[PLACE].to_numpy()
    return rows


def _changed(old: pa.Table, new: pa.Table, fields: tuple[str, ...]) -> Rows:
    """Compare rows of the same pairs; give those that differ."""
    bits = np.zeros(old.num_rows, dtype=np.uint32)
    for name in fields:
        bits |= unlike(old[name], new[name]).astype(np.uint32) << FIELDS.index(name)
    chosen = np.flatnonzero(bits)
    old, new = chunks.taken(old, chosen), chunks.taken(new, chosen)
    rows = _alone(new, "new")
    rows["old"], rows["fields"] = old[PLACE].to_numpy(), bits[chosen]
    return rows


def unlike(old: pa.ChunkedArray, new: pa.ChunkedArray) -> Mask:
    """Say where two columns differ; nulls are alike, and so are lists of the same items."""
    if pa.types.is_list(old.type):
        return _unlike_lists(old, new)
    differ = pc.fill_null(pc.not_equal(old, new), False)
    one_is_null = pc.not_equal(pc.is_null(old), pc.is_null(new))
    mask: Mask = pc.or_(differ, one_is_null).to_numpy(zero_copy_only=False)
    return mask


def _unlike_lists(old: pa.ChunkedArray, new: pa.ChunkedArray) -> Mask:
    mask = unlike(pc.list_value_length(old), pc.list_value_length(new))
    same_length = pa.array(~mask)
    old, new = old.filter(same_length), new.filter(same_length)
    owners = pc.list_parent_indices(old).to_numpy()
    differing = owners[unlike(pc.list_flatten(old), pc.list_flatten(new))]
    mask[np.flatnonzero(~mask)[differing]] = True
    return mask


def sentences_at(version: Version, places: NDArray[np.int64]) -> NDArray[Any]:
    """Give the ids of the sentences of some rows, (n, 3); "" where there are fewer."""
    ids = np.zeros((len(places), MOST_TEXTS), dtype=ID)
    for mine, table in _at(version, places, [SENTENCES]):
        lists = table[SENTENCES]
        rows = pc.list_parent_indices(lists).to_numpy()
        firsts = np.searchsorted(rows, rows)
        ranks = np.arange(len(rows)) - firsts
        known = ranks < MOST_TEXTS
        ids[mine[rows[known]], ranks[known]] = ids_of(pc.list_flatten(lists))[known]
    return ids


def first_without(mine: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Give of each row the first id that the other one lacks; "" where there is none; (n,)."""
    lacks = np.ones(mine.shape, dtype=bool)
    for rank in range(MOST_TEXTS):
        lacks &= mine != others[:, rank : rank + 1]
    lacks &= mine != b""
    firsts: NDArray[Any] = mine[np.arange(len(mine)), lacks.argmax(axis=1)]
    firsts[~lacks.any(axis=1)] = b""
    return firsts


def rows_at(
    version: Version, places: NDArray[np.int64], columns: list[str]
) -> list[Mapping[str, Any]]:
    """Read some rows of a version by their places, in that order; {} for place -1."""
    rows: list[Mapping[str, Any]] = [{} for _ in places]
    for mine, table in _at(version, places, columns):
        for place, row in zip(mine.tolist(), table.to_pylist(), strict=True):
            rows[place] = row
    return rows


def _at(
    version: Version, places: NDArray[np.int64], columns: list[str]
) -> Iterator[tuple[NDArray[np.int64], pa.Table]]:
    """Read rows shard by shard: which of the places they are of, and their table."""
    numbers, rows = places_of(places)
    every = shards(version)
    for number in np.unique(numbers[places >= 0]).tolist():
        mine = np.flatnonzero(numbers == number)
        table = read_table(version, every[number].table.path, columns)
        yield mine, chunks.taken(table, rows[mine])
