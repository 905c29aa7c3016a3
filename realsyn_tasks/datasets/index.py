"""Where everything of a published dataset is: keys of addresses, domains and hashes, sorted.

    {root}/takedowns/index/realsyn-{scale}/{version}/shards-00000-00064/part-0000.parquet …
                                                     begun.json, while there is more to come
                                                     index.json, written last

A row says: this key, as this, in that row of that shard. Keys are 64 bits of a digest. A segment
has the keys of the shards of a slice, from the first number up to before the second, and each of
its parts a range of them, so that a question reads a few row groups however large the dataset is.
Made when a dataset is published, of the rows that its export wrote beside each shard; one of before
gets its own by one pass over its tables and tars. Who makes it notes each segment, and goes on
behind them if it was cut off.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.progress import Countdown
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.corpus.entries import DOMAIN, IMAGE, MD5, SHA256, URL, Entry
from realsyn_tasks.corpus.keys import key_of_text
from realsyn_tasks.corpus.tombstones import FOLDER
from realsyn_tasks.datasets import slices
from realsyn_tasks.datasets.index_keys import of_addresses, of_hashes
from realsyn_tasks.datasets.manifest import DATASETS
from realsyn_tasks.datasets.shards import Shard, read_table, samples, shards
from realsyn_tasks.datasets.versions import Version

FORMAT = 3  # 3: segments
PAIRS_PER_PART = 125_000  # some million rows, which are sorted together
ROW_GROUP_ROWS = 65_536
HELD_ROWS = 1_000_000  # on their way into parts, before any are put aside
ROW = np.dtype([("key", "<u8"), ("what", "u1"), ("shard", "<u4"), ("row", "<u4")])
Rows = np.ndarray[Any, Any]


class What(IntEnum):
    """What a key is of a pair."""

    IMAGE_URL = 0
    DOCUMENT_URL = 1  # of the image's document
    TEXT_URL = 2  # of a text's document
    IMAGE_DOMAIN = 3
    DOCUMENT_DOMAIN = 4
    TEXT_DOMAIN = 5
    SHA256 = 6  # of the image in the tar, or as the crawl had it
    MD5 = 7


OF_KIND = {
    URL: (What.IMAGE_URL, What.DOCUMENT_URL, What.TEXT_URL),
    DOMAIN: (What.IMAGE_DOMAIN, What.DOCUMENT_DOMAIN, What.TEXT_DOMAIN),
    SHA256: (What.SHA256,),
    MD5: (What.MD5,),
    IMAGE: (What.SHA256,),  # an id is the beginning of one
}


class Part(Frozen):
    """The keys from `low` on, up to the next part's."""

    low: int
    object: ObjectRef


class Segment(Frozen):
    """The keys of the shards of a slice, by ranges of keys."""

    end: int  # number of the shard behind its last; it begins where the one before it ends
    parts: tuple[Part, ...]


class Begun(Frozen):
    """The segments of an index that there are so far.

    It is noted under another name than an index is, so that nobody takes it for one.
    """

    format: int = FORMAT
    dataset: str  # path of the version
    segments: tuple[Segment, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Give the parts of all segments."""
        return tuple(part for segment in self.segments for part in segment.parts)


class Index(Begun):
    """An index as it stands in storage: its segments cover every shard."""

    pairs: int
    tables: tuple[str, ...]  # paths of the shards, by number


Noted = TypeVar("Noted", bound=Begun)


def of_version(version: Version, entries: Sequence[ObjectRef] = ()) -> Index:
    """Give the index of a published version; make it if there is none that is whole.

    `entries` are the tables of its rows, one a shard in order, where an export wrote them.
    """
    known = _noted(version.storage, _note(version.path), Index)
    return known or _make(version, entries)


def _noted(storage: Storage, path: str, kind: type[Noted]) -> Noted | None:
    """Read a note; None where there is none, or not all that it names, by sizes."""
    try:
        known = kind.model_validate_json(storage.read(path))
    except (FileNotFoundError, ValueError):
        return None
    return known if known.format == FORMAT and _whole(storage, known) else None


def _whole(storage: Storage, known: Begun) -> bool:
    sizes = storage.sizes([part.object.path for part in known.parts])
    return sizes == [part.object.size for part in known.parts]


def _folder(dataset: str) -> str:
    return f"{FOLDER}/index/{dataset.removeprefix(f'{DATASETS}/')}"


def _note(dataset: str) -> str:
    return f"{_folder(dataset)}/index.json"


def _note_of_begun(dataset: str) -> str:
    return f"{_folder(dataset)}/begun.json"


def key_of(entry: Entry) -> int:
    """Give the key of an entry."""
    if entry.kind in (SHA256, MD5, IMAGE):
        return int(entry.value[:16], 16)
    return key_of_text(entry.value)


def _make(version: Version, entries: Sequence[ObjectRef]) -> Index:
    """Make an index, or what is missing of it."""
    every = shards(version)
    segments = _segments_begun(version)
    covered = segments[-1].end if segments else 0
    counted = slices.countdown("index of keys", every, covered)
    for some in slices.cut(every, covered, anew=not entries):
        segments += (_segment(version, every, some, entries, counted),)
        if some.stop < len(every):
            begun = Begun(dataset=version.path, segments=segments)
            _write(version, _note_of_begun(version.path), begun)
    tables = tuple(shard.table.path for shard in every)
    pairs = version.manifest.pairs
    made = Index(dataset=version.path, segments=segments, pairs=pairs, tables=tables)
    _write(version, _note(version.path), made)
    _tidy(version)
    return made


def _segments_begun(version: Version) -> tuple[Segment, ...]:
    begun = _noted(version.storage, _note_of_begun(version.path), Begun)
    return begun.segments if begun else ()


def _write(version: Version, path: str, note: Begun) -> None:
    version.storage.replace(path, note.model_dump_json(indent=1).encode())


def _tidy(version: Version) -> None:
    """Remove the note of what was begun, and parts of formats before, which lay beside it.

    Nothing else that lies there: it may be another maker's, at work on the same.
    """
    version.storage.delete(_note_of_begun(version.path))
    version.storage.sweep(_folder(version.path))
    for path, _ in version.storage.listing(_folder(version.path)):
        if PurePosixPath(path).name.startswith("part-"):
            version.storage.delete(path)


def _segment(
    version: Version,
    every: Sequence[Shard],
    some: range,
    entries: Sequence[ObjectRef],
    counted: Countdown,
) -> Segment:
    """Make the segment of a slice."""
    pairs = slices.pairs_of(every[some.start : some.stop])
    with tempfile.TemporaryDirectory(prefix="realsyn-") as scratch:
        spool = Spool(Path(scratch), max(1, -(-pairs // PAIRS_PER_PART)))
        for number in some:
            rows = _rows_of(version, every[number], entries[number : number + 1])
            rows["shard"] = number
            spool.add(rows)
            counted.add(slices.pairs_of(every[number : number + 1]))
        folder = f"{_folder(version.path)}/shards-{some.start:05d}-{some.stop:05d}"
        return Segment(end=some.stop, parts=spool.stored(version.storage, folder))


def _rows_of(version: Version, shard: Shard, written: Sequence[ObjectRef]) -> Rows:
    """Read the rows of a shard where the export put them, or make them anew."""
    if not written:
        return _of_shard(version, shard)
    with arrow_files.opened(version.storage, written[0].path) as source:
        table = pq.read_table(source)
    rows = np.zeros(table.num_rows, dtype=ROW)
    for name in table.column_names:
        rows[name] = table[name].to_numpy()
    return rows


class Spool:
    """Rows on their way into parts, on disk, in runs of HELD_ROWS in order of their parts.

    Memory holds one run (some 60 bytes a row while it is put into order) and one call's rows, or
    one part. A table's rows for a part are few, so it is runs that are written, not tables: what
    is opened and read grows with runs and parts, however many tables the rows come from.
    """

    def __init__(self, folder: Path, parts: int) -> None:
        self.parts = parts
        self._folder = folder
        self._bounds = np.array([self._low(part) for part in range(1, parts)], dtype=np.uint64)
        self._held: list[Rows] = []
        self._held_rows = 0
        self._ends = [np.zeros(parts, dtype=np.int64)]  # of each run: where its parts end, in rows

    def _low(self, part: int) -> int:
        return -(-(part << 64) // self.parts)

    @property
    def _runs(self) -> Path:
        return self._folder / "runs"

    def add(self, rows: Rows) -> None:
        """Put rows to those of their parts."""
        self._held.append(rows)
        self._held_rows += len(rows)
        if self._held_rows >= HELD_ROWS:
            self._put_aside()

    def _put_aside(self) -> None:
        """Append what is held to the runs, in order of parts."""
        if not self._held_rows:
            return
        rows = np.concatenate(self._held)
        self._held, self._held_rows = [], 0
        parts = np.searchsorted(self._bounds, rows["key"], side="right")
        narrow = parts.astype(np.min_scalar_type(self.parts))  # which numpy sorts by its digits
        with self._runs.open("ab") as file:
            rows[np.argsort(narrow, kind="stable")].tofile(file)
        self._ends.append(self._ends[-1][-1] + np.bincount(parts, minlength=self.parts).cumsum())

    def stored(self, storage: Storage, folder: str) -> tuple[Part, ...]:
        """Write all parts, each sorted, below a folder of a root."""
        self._put_aside()
        parts = []
        for part in range(self.parts):
            local = self._written(part)
            ref = storage.upload(local, f"{folder}/part-{part:04d}.parquet")
            local.unlink()
            parts.append(Part(low=self._low(part), object=ref))
        return tuple(parts)

    def _written(self, part: int) -> Path:
        rows = in_order(np.concatenate([np.zeros(0, dtype=ROW), *self._of_part(part)]))
        table = pa.table({name: rows[name] for name in ROW.names or ()})
        out = self._folder / f"{part}.parquet"
        pq.write_table(table, out, compression="zstd", row_group_size=ROW_GROUP_ROWS)
        return out

    def _of_part(self, part: int) -> Iterator[Rows]:
        """Read what each run has of a part."""
        for before, ends in pairwise(self._ends):
            start = int(ends[part - 1] if part else before[-1])
            if count := int(ends[part]) - start:
                at = start * ROW.itemsize
                yield np.fromfile(self._runs, dtype=ROW, count=count, offset=at)


ORIGINAL = "original_md5"  # what was published before datasets told it has none
COLUMNS = ["raw_image_url", "document_url", "text_urls", "sha256", "image_id", "key", ORIGINAL]
NO_IMAGE = ("txt", "json")


def _of_shard(version: Version, shard: Shard) -> Rows:
    """Give the rows of one shard of a dataset."""
    pairs = read_table(version, shard.table.path, COLUMNS)
    images = _md5(version, shard.tar.path)
    return entries_of(pairs, [images.get(key, "") for key in pairs["key"].to_pylist()])


def entries_of(pairs: pa.Table, hashes: list[str]) -> Rows:
    """Give the rows of one shard's pairs, `hashes` being the MD5 of each image in the tar."""
    every = np.arange(pairs.num_rows)
    text_rows = pc.list_parent_indices(pairs["text_urls"]).to_numpy()
    images = of_addresses(pairs["raw_image_url"], every)
    documents = of_addresses(pairs["document_url"], every)
    texts = of_addresses(pc.list_flatten(pairs["text_urls"]), text_rows)
    md5 = [hashes, *(pairs[n].to_pylist() for n in (ORIGINAL,) if n in pairs.column_names)]
    keyed = [
        *((What.SHA256, of_hashes(pairs[n].to_pylist(), every)) for n in ("sha256", "image_id")),
        *((What.MD5, of_hashes(values, every)) for values in md5),
        *zip((What.IMAGE_URL, What.IMAGE_DOMAIN), images, strict=True),
        *zip((What.DOCUMENT_URL, What.DOCUMENT_DOMAIN), documents, strict=True),
        *zip((What.TEXT_URL, What.TEXT_DOMAIN), texts, strict=True),
    ]
    rows: Rows = np.concatenate([_rows(keys, at, what) for what, (keys, at) in keyed])
    return rows


def _rows(keys: Any, rows: Any, what: What) -> Rows:
    index_rows = np.zeros(len(keys), dtype=ROW)
    index_rows["key"], index_rows["what"], index_rows["row"] = keys, int(what), rows
    return index_rows


def _md5(version: Version, tar: str) -> dict[str, str]:
    """Give the MD5 of each sample's image by its key, by a pass over the tar."""
    return {
        key: hashlib.md5(data, usedforsecurity=False).hexdigest()
        for key, sample in samples(version, tar)
        for suffix, data in sample.items()
        if suffix not in NO_IMAGE
    }


def places_of(rows: Rows) -> Any:
    """Give shard and row of each row as one number, in the order of both."""
    places: Rows = rows["shard"].astype(np.uint64) << np.uint64(32) | rows["row"]
    return places


def in_order(rows: Rows) -> Rows:
    """Sort rows by key, place and what; twice the same says nothing more."""
    ordered = rows[np.lexsort((rows["what"], places_of(rows), rows["key"]))]
    same = np.ones(max(0, len(ordered) - 1), dtype=bool)
    for name in ROW.names or ():
        same &= ordered[name][1:] == ordered[name][:-1]
    first: Rows = ordered[np.concatenate([np.ones(min(1, len(ordered)), dtype=bool), ~same])]
    return first


def look_up(storage: Storage, index: Index, keys: Iterable[int]) -> Rows:
    """Give the rows of some keys, sorted; reads only the row groups that can hold them."""
    wanted = list(keys)
    found = [in_parts(storage, segment.parts, wanted) for segment in index.segments]
    return found[0] if len(found) == 1 else in_order(np.concatenate(found))


def in_parts(storage: Storage, parts: Sequence[Part], keys: Iterable[int]) -> Rows:
    """Give the rows of some keys from parts in the order of theirs, as `look_up` does."""
    wanted = np.unique(np.array(list(keys), dtype=np.uint64))
    matching = [np.zeros(0, dtype=ROW)]
    lows = np.array([part.low for part in parts], dtype=np.uint64)
    numbers = np.searchsorted(lows, wanted, side="right") - 1
    for part in np.unique(numbers):
        mine = wanted[numbers == part]
        with arrow_files.opened(storage, parts[int(part)].object.path) as source:
            matching += _in_part(pq.ParquetFile(source), mine)
    return np.concatenate(matching)


def _in_part(file: pq.ParquetFile, wanted: Any) -> Iterator[Rows]:
    for group in range(file.num_row_groups):
        bounds = file.metadata.row_group(group).column(0).statistics
        if bounds is None:  # of a part without rows
            continue
        first = np.searchsorted(wanted, np.uint64(bounds.min))
        last = np.searchsorted(wanted, np.uint64(bounds.max), side="right")
        if first < last:
            table = file.read_row_group(group)
            columns = {name: table[name].to_numpy() for name in ROW.names or ()}
            mask = np.isin(columns["key"], wanted[first:last])
            rows = np.zeros(int(mask.sum()), dtype=ROW)
            for name, values in columns.items():
                rows[name] = values[mask]
            yield rows
