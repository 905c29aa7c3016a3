"""What is known of the pairs of a version in a form to look at: compact columns, and vectors.

    {root}/views/realsyn-{scale}/{version}/pairs-{digest}.arrow     a row for each pair of a slice
                                           names-{digest}.json      of domains and licences
                                           image-{digest}.vectors   see gallery_vectors
                                           text1-{digest}.vectors
                                           begun.json               while there is more to come
                                           pairs.json               names them, written last

A row has 61 bytes: what pairs are chosen and sorted by, and where picture and texts lie in the
shard's tar, so that a page of pairs is as many small reads. Made when a dataset is published, of
the places that its export wrote beside each shard; one of before gets its own by a look at the
headers of its tars. It is derived: damaged or missing, it is made anew. Who makes it notes each
slice and each kind of vectors, and goes on behind them if it was cut off. What was taken down by
then has no vectors in it; a request removes the indices that have any, also those begun.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.progress import Countdown
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.datasets import gallery_vectors, slices, withheld
from realsyn_tasks.datasets.gallery_columns import (
    COLUMNS,
    READ,
    Known,
    Values,
    coded,
    names_of_columns,
    numbers,
)
from realsyn_tasks.datasets.gallery_places import places_of
from realsyn_tasks.datasets.gallery_vectors import Vectors
from realsyn_tasks.datasets.manifest import DATASETS
from realsyn_tasks.datasets.shards import read_table, shards
from realsyn_tasks.datasets.versions import Version

FORMAT = 3  # 2: `has` tells of recaptions, too; 3: columns in slices
FOLDER = "views"
NOTE = "pairs.json"
NOTE_OF_BEGUN = "begun.json"


class Begun(Frozen):
    """What there is so far of an index.

    It is noted under another name than an index is, so that nobody takes it for one.
    """

    format: int = FORMAT
    dataset: str  # path of the version
    rows: tuple[int, ...] = ()  # of each shard
    columns: tuple[ObjectRef, ...] = ()  # of the shards of a slice each
    names: ObjectRef | None = None
    vectors: dict[str, Vectors] = Field(default_factory=dict)

    @property
    def objects(self) -> list[ObjectRef]:
        """Give all that it is stored in."""
        names = [self.names] if self.names else []
        return [*self.columns, *names, *(each.object for each in self.vectors.values())]


class Stored(Begun):
    """An index as it stands in storage."""

    pairs: int
    tars: tuple[str, ...]  # of each shard, in the version
    names: ObjectRef


Noted = TypeVar("Noted", bound=Begun)


@dataclass(frozen=True)
class Gallery:
    """The index of a version: its columns in files, mapped into memory, and names in memory."""

    version: Version
    stored: Stored
    known: Known
    scratch: tempfile.TemporaryDirectory[str]  # holds the columns

    @property
    def size(self) -> int:
        """Give the bytes of its columns on disk."""
        return sum(values.nbytes for values in self.known.columns.values())

    @cached_property
    def starts(self) -> Values:
        """Give the first row of each shard, and the end of all."""
        starts: Values = np.concatenate([[0], np.cumsum(self.stored.rows)]).astype(np.int64)
        return starts

    def shard_of(self, row: int) -> int:
        """Give the shard that holds a row."""
        return int(np.searchsorted(self.starts, row, side="right")) - 1

    def row_of(self, key: str) -> int | None:
        """Give the row of a pair by its key, ten digits; None where there is none."""
        shard, place = int(key[:5]), int(key[5:])
        known = shard < len(self.stored.rows) and place < self.stored.rows[shard]
        return int(self.starts[shard]) + place if known else None

    def picture(self, row: int) -> bytes:
        """Read the picture of a pair as it is stored."""
        return self._bytes(row, "offset", "length")

    def about(self, row: int) -> dict[str, Any]:
        """Read all columns of a pair; DamagedObject where they are not there."""
        data = self._bytes(row, "about_offset", "about_length")
        try:
            content = json.loads(data)
        except ValueError as error:
            raise DamagedObject(self._tar(row), f"no pair lies at row {row}: {error}") from None
        return content if isinstance(content, dict) else {}

    def _tar(self, row: int) -> str:
        return self.version.at(self.stored.tars[self.shard_of(row)])

    def _bytes(self, row: int, offset: str, length: str) -> bytes:
        path = self._tar(row)
        with self.version.storage.open(path) as tar:
            tar.seek(int(self.known.columns[offset][row]))
            return tar.read(int(self.known.columns[length][row]))


def of_version(version: Version, places: Sequence[ObjectRef] = ()) -> Stored:
    """Give the index of a published version; make it if there is none that is whole.

    `places` are the tables of where its pairs lie, one a shard in order, where an export wrote
    them.
    """
    return known_of(version) or _make(version, places, _begun(version))


def known_of(version: Version) -> Stored | None:
    """Give the index of a version; None if there is none that is whole, by sizes."""
    return _noted(version, NOTE, Stored)


def _begun(version: Version) -> Begun:
    """Give what there is of an index that somebody began, if that is whole."""
    begun = _noted(version, NOTE_OF_BEGUN, Begun)
    with suppress(DamagedObject):
        if begun and begun.names:
            version.storage.verify(begun.names, checksum=True)
            return begun
    return Begun(dataset=version.path)


def _noted(version: Version, name: str, kind: type[Noted]) -> Noted | None:
    try:
        known = kind.model_validate_json(version.storage.read(f"{_folder(version)}/{name}"))
    except (FileNotFoundError, ValueError):
        return None
    sizes = version.storage.sizes([ref.path for ref in known.objects])
    whole = sizes == [ref.size for ref in known.objects]
    return known if whole and known.format == FORMAT else None


def forget(version: Version) -> None:
    """Remove the index of a version, vectors and all; whoever looks next makes it anew.

    Without what was taken down by then.
    """
    version.storage.delete(f"{_folder(version)}/{NOTE}")
    for path in paths_of(version):
        version.storage.delete(path)


def paths_of(version: Version) -> list[str]:
    """List what there is of the index of a version."""
    return sorted(path for path, _ in version.storage.listing(_folder(version)))


def opened(version: Version) -> Gallery:
    """Copy the index of a version to be looked at; it is made, or made anew, where it must be."""
    try:
        return _read(version, of_version(version))
    except (DamagedObject, pa.ArrowException, ValueError):
        return _read(version, _make(version, (), Begun(dataset=version.path)))


def _read(version: Version, stored: Stored) -> Gallery:
    scratch = tempfile.TemporaryDirectory(prefix="realsyn-gallery-")
    columns = _mapped(version.storage, stored.columns, Path(scratch.name))
    names = json.loads(content_of(version.storage, stored.names))
    return Gallery(version, stored, Known(stored.pairs, columns, **names), scratch)


def _whole(storage: Storage, ref: ObjectRef, folder: Path) -> Path:
    """Give an object as a file; DamagedObject unless its checksum is the one noted.

    A local one is where it is; any other is copied, and its checksum taken of that.
    """
    if isinstance(storage, LocalStorage):
        storage.verify(ref, checksum=True)
    return storage.local(ref, folder)


def _mapped(storage: Storage, refs: Sequence[ObjectRef], folder: Path) -> dict[str, Values]:
    """Write each column into a file of its own and map that: memory holds what is looked at."""
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("wb")) for name in COLUMNS.names}
        for ref in refs:
            with tempfile.TemporaryDirectory(prefix="realsyn-") as fetched:
                _append(_whole(storage, ref, Path(fetched)), files)
    return {each.name: _column(folder / each.name, each.type.to_pandas_dtype()) for each in COLUMNS}


def _append(path: Path, files: Mapping[str, BinaryIO]) -> None:
    """Write the columns of a slice behind those before it."""
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            for name, file in files.items():
                batch[name].to_numpy().tofile(file)


def _column(path: Path, kind: Any) -> Values:
    """Map a column; what is empty cannot be."""
    if not path.stat().st_size:
        return np.zeros(0, dtype=kind)
    return np.asarray(np.memmap(path, dtype=kind, mode="r"))


def content_of(storage: Storage, ref: ObjectRef) -> bytes:
    """Read an object whole; DamagedObject unless its checksum is the one noted."""
    data = storage.read(ref.path)
    if hashlib.sha256(data).hexdigest() != ref.sha256:
        raise DamagedObject(ref.path, "its checksum differs")
    return data


def _folder(version: Version) -> str:
    return f"{FOLDER}/{version.path.removeprefix(f'{DATASETS}/')}"


def _make(version: Version, places: Sequence[ObjectRef], begun: Begun) -> Stored:
    """Make an index, or what is missing of it; anew if a request forgot it in the meantime.

    Its vectors may be of what that request takes down.
    """
    stored = _made(version, places, begun)
    if known_of(version) is None:
        forget(version)
        stored = _made(version, places, Begun(dataset=version.path))
    return stored


def _made(version: Version, places: Sequence[ObjectRef], begun: Begun) -> Stored:
    with tempfile.TemporaryDirectory(prefix="realsyn-") as scratch:
        making = _Making(version, places, begun, Path(scratch))
        making.add_columns()
        making.add_vectors()
        stored = making.stored()
    _write(version, NOTE, stored)
    version.storage.delete(f"{_folder(version)}/{NOTE_OF_BEGUN}")
    return stored


def _write(version: Version, name: str, note: Begun) -> None:
    data = note.model_dump_json(indent=1).encode()
    version.storage.replace(f"{_folder(version)}/{name}", data)


class _Making:
    """An index that grows: columns slice by slice, then one kind of vectors after the other.

    Each is noted. Of each pair memory holds the ids, 16 bytes each, by which vectors are looked up,
    if any are.
    """

    def __init__(
        self, version: Version, places: Sequence[ObjectRef], begun: Begun, scratch: Path
    ) -> None:
        self._version, self._places = version, places
        self._begun, self._scratch = begun, scratch
        self._shards = shards(version)
        self._names = names_of_columns(_names_in(version.storage, begun))
        wanted = set(gallery_vectors.searched_by(version)) - set(begun.vectors)
        self._ids: dict[str, list[Values]] = {n: [] for n in gallery_vectors.SOURCES if n in wanted}

    def add_columns(self) -> None:
        """Make the columns of the shards that have none yet."""
        covered = len(self._begun.rows)
        for shard in self._shards[:covered] if self._ids else ():
            self._hold(read_table(self._version, shard.table.path, gallery_vectors.READ))
        counted = slices.countdown("columns of pairs", self._shards, covered)
        for some in slices.cut(self._shards, covered, anew=not self._places):
            self._add_slice(some, counted)

    def _add_slice(self, some: range, counted: Countdown) -> None:
        path, rows = self._scratch / "pairs", []
        with pa.ipc.new_file(str(path), COLUMNS) as file:
            for number in some:
                table = self._columns_of(number)
                file.write_table(table)
                rows.append(table.num_rows)
                counted.add(table.num_rows)
        names = self._scratch / "names"
        names.write_text(json.dumps({k: v.names for k, v in self._names.items()}), "utf-8")
        self._note(
            rows=(*self._begun.rows, *rows),
            columns=(*self._begun.columns, self._upload(path, "pairs", "arrow")),
            names=self._upload(names, "names", "json"),
        )

    def _columns_of(self, number: int) -> pa.Table:
        """Work out the columns of a shard; holds the ids of its pairs."""
        shard, written = self._shards[number], self._places[number : number + 1]
        pairs = read_table(self._version, shard.table.path, READ)
        self._hold(pairs)
        places = places_of(self._version, shard, written)
        columns = {**numbers(pairs), **coded(pairs, self._names)}
        columns |= {name: places[name].to_numpy() for name in places.column_names}
        return pa.table({field.name: columns[field.name] for field in COLUMNS}, schema=COLUMNS)

    def _hold(self, pairs: pa.Table) -> None:
        for name, held in self._ids.items():
            held.append(gallery_vectors.ids_in(name, pairs))

    def add_vectors(self) -> None:
        """Make the vectors that there are none of yet, but of what was taken down by now."""
        if not self._ids:
            return
        starts = np.concatenate([[0], np.cumsum(self._begun.rows)]).astype(np.int64)
        gone = withheld.rows_of(withheld.places_of(self._version), starts)
        for name in [name for name, held in self._ids.items() if held]:
            ids = np.concatenate(self._ids.pop(name))
            ids[gone] = b""
            if made := gallery_vectors.made(self._version, name, ids, self._scratch):
                about, path = made
                stored = self._upload(path, name, "vectors")
                vectors = Vectors(**about.model_dump(), object=stored)
                self._note(vectors={**self._begun.vectors, name: vectors})

    def _note(self, **changes: Any) -> None:
        """Note what was stored; names that were carried on are of no more use by themselves."""
        before = self._begun.names
        self._begun = self._begun.model_copy(update=changes)
        _write(self._version, NOTE_OF_BEGUN, self._begun)
        if before and before != self._begun.names:
            self._version.storage.delete(before.path)

    def stored(self) -> Stored:
        """Say what is stored by now."""
        begun = self._begun
        return Stored(
            **{name: getattr(begun, name) for name in Begun.model_fields},
            pairs=sum(begun.rows),
            tars=tuple(shard.tar.path for shard in self._shards),
        )

    def _upload(self, path: Path, name: str, suffix: str) -> ObjectRef:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
        stored = f"{_folder(self._version)}/{name}-{digest}.{suffix}"
        return self._version.storage.upload(path, stored)


def _names_in(storage: Storage, begun: Begun) -> Mapping[str, Sequence[str]]:
    """Read the names that are carried on from slice to slice."""
    data = content_of(storage, begun.names) if begun.names else b"{}"
    known: Mapping[str, Sequence[str]] = json.loads(data)
    return known
