"""What is known of the pairs of a version in a form to look at: compact columns, and vectors.

    {root}/views/realsyn-{scale}/{version}/pairs-{digest}.arrow     a row for each pair
                                           names-{digest}.json      of domains and licences
                                           image-{digest}.vectors   see gallery_vectors
                                           text1-{digest}.vectors
                                           pairs.json               names them, written last

A row has 61 bytes: what pairs are chosen and sorted by, and where picture and texts lie in the
shard's tar, so that a page of pairs is as many small reads. Made when a dataset is published, of
the places that its export wrote beside each shard; one of before gets its own by a look at the
headers of its tars. It is derived: damaged or missing, it is made anew. What was taken down by then
has no vectors in it; a request removes the indices that have any.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.datasets import gallery_vectors, withheld
from realsyn_tasks.datasets.gallery_columns import (
    COLUMNS,
    PLACES,
    READ,
    Known,
    Values,
    coded,
    names_of_columns,
    numbers,
)
from realsyn_tasks.datasets.gallery_vectors import Vectors
from realsyn_tasks.datasets.manifest import DATASETS
from realsyn_tasks.datasets.shards import Shard, read_table, shards
from realsyn_tasks.datasets.versions import Version

FORMAT = 2  # 2: `has` tells of recaptions, too
FOLDER = "views"
NOTE = "pairs.json"


class Stored(Frozen):
    """An index as it stands in storage."""

    format: int = FORMAT
    dataset: str  # path of the version
    pairs: int
    rows: tuple[int, ...]  # of each shard
    tars: tuple[str, ...]  # of each shard, in the version
    columns: ObjectRef
    names: ObjectRef
    vectors: dict[str, Vectors] = Field(default_factory=dict)


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
    return known_of(version) or _make(version, places)


def known_of(version: Version) -> Stored | None:
    """Give the index of a version; None if there is none that is whole, by sizes."""
    try:
        known = Stored.model_validate_json(version.storage.read(f"{_folder(version)}/{NOTE}"))
    except (FileNotFoundError, ValueError):
        return None
    refs = [known.columns, known.names, *(each.object for each in known.vectors.values())]
    whole = version.storage.sizes([ref.path for ref in refs]) == [ref.size for ref in refs]
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
        return _read(version, _make(version, ()))


def _read(version: Version, stored: Stored) -> Gallery:
    scratch = tempfile.TemporaryDirectory(prefix="realsyn-gallery-")
    with tempfile.TemporaryDirectory(prefix="realsyn-") as fetched:
        whole = _whole(version.storage, stored.columns, Path(fetched))
        columns = _mapped(whole, Path(scratch.name))
    names = json.loads(content_of(version.storage, stored.names))
    return Gallery(version, stored, Known(stored.pairs, columns, **names), scratch)


def _whole(storage: Storage, ref: ObjectRef, folder: Path) -> Path:
    """Give an object as a file; DamagedObject unless its checksum is the one noted.

    A local one is where it is; any other is copied, and its checksum taken of that.
    """
    if isinstance(storage, LocalStorage):
        storage.verify(ref, checksum=True)
    return storage.local(ref, folder)


def _mapped(path: Path, folder: Path) -> dict[str, Values]:
    """Write each column into a file of its own and map that: memory holds what is looked at."""
    with ExitStack() as stack, pa.memory_map(str(path)) as source:
        files = {name: stack.enter_context((folder / name).open("wb")) for name in COLUMNS.names}
        reader = pa.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            for name, file in files.items():
                batch[name].to_numpy().tofile(file)
    return {each.name: _column(folder / each.name, each.type.to_pandas_dtype()) for each in COLUMNS}


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


def _make(version: Version, places: Sequence[ObjectRef]) -> Stored:
    with tempfile.TemporaryDirectory(prefix="realsyn-") as scratch:
        made = _Making(version, Path(scratch))
        for number, shard in enumerate(shards(version)):
            made.add(shard, _places(version, shard, places[number : number + 1]))
        stored = made.stored()
    version.storage.replace(f"{_folder(version)}/{NOTE}", stored.model_dump_json(indent=1).encode())
    return stored


class _Making:
    """An index that grows shard by shard.

    Of each pair memory holds the ids, 16 bytes each, by which vectors are looked up, if any are.
    """

    def __init__(self, version: Version, scratch: Path) -> None:
        self._version, self._scratch = version, scratch
        self._names = names_of_columns()
        self._rows: list[int] = []
        self._tars: list[str] = []
        self._ids: dict[str, list[Values]] = {n: [] for n in gallery_vectors.searched_by(version)}
        self._path = scratch / "pairs"
        self._writer = pa.ipc.new_file(str(self._path), COLUMNS)

    def add(self, shard: Shard, places: pa.Table) -> None:
        """Take in the pairs of a shard."""
        pairs = read_table(self._version, shard.table.path, READ)
        columns = {**numbers(pairs), **coded(pairs, self._names)}
        columns |= {name: places[name].to_numpy() for name in places.column_names}
        self._writer.write_table(
            pa.table({field.name: columns[field.name] for field in COLUMNS}, schema=COLUMNS)
        )
        self._rows.append(pairs.num_rows)
        self._tars.append(shard.tar.path)
        for name, held in self._ids.items():
            held.append(gallery_vectors.ids_in(name, pairs))

    def stored(self) -> Stored:
        """Store all of it but the note."""
        self._writer.close()
        names = self._scratch / "names"
        names.write_text(json.dumps({k: v.names for k, v in self._names.items()}), "utf-8")
        ids = {name: np.concatenate(parts) for name, parts in self._ids.items() if parts}
        starts = np.concatenate([[0], np.cumsum(self._rows)]).astype(np.int64)
        gone = withheld.rows_of(withheld.places_of(self._version), starts)
        for some in ids.values():
            some[gone] = b""
        made = gallery_vectors.made(self._version, ids, self._scratch)
        return Stored(
            dataset=self._version.path,
            pairs=sum(self._rows),
            rows=tuple(self._rows),
            tars=tuple(self._tars),
            columns=self._upload(self._path, "pairs", "arrow"),
            names=self._upload(names, "names", "json"),
            vectors={
                name: Vectors(**about.model_dump(), object=self._upload(path, name, "vectors"))
                for name, (about, path) in made.items()
            },
        )

    def _upload(self, path: Path, name: str, suffix: str) -> ObjectRef:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
        stored = f"{_folder(self._version)}/{name}-{digest}.{suffix}"
        return self._version.storage.upload(path, stored)


def _places(version: Version, shard: Shard, written: Sequence[ObjectRef]) -> pa.Table:
    """Read where the pairs of a shard lie, or look at the headers of its tar."""
    if written:
        with arrow_files.opened(version.storage, written[0].path) as source:
            return pq.read_table(source)
    places = {key: _sample(members) for key, members in _headers(version, shard.tar.path)}
    keys = read_table(version, shard.table.path, ["key"])["key"].to_pylist()
    rows = [dict(zip(PLACES.names, places.get(key, (0,) * 4), strict=True)) for key in keys]
    return pa.Table.from_pylist(rows, schema=PLACES)


def _sample(members: dict[str, tuple[int, int]]) -> tuple[int, int, int, int]:
    """Give place and length of a sample's picture and of its columns."""
    about = members.get("json", (0, 0))
    pictures = [place for suffix, place in members.items() if suffix not in ("json", "txt")]
    return (*(pictures[0] if pictures else (0, 0)), *about)


def _headers(version: Version, path: str) -> Iterator[tuple[str, dict[str, tuple[int, int]]]]:
    samples: dict[str, dict[str, tuple[int, int]]] = {}
    with (
        version.storage.open(version.at(path)) as source,
        tarfile.open(fileobj=source, mode="r:") as tar,
    ):
        for member in tar:
            key, _, suffix = member.name.partition(".")
            samples.setdefault(key, {})[suffix] = (member.offset_data, member.size)
    yield from samples.items()
