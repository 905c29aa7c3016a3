"""Where the pictures and the columns of pairs lie in the tars of their shards."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.datasets.gallery_columns import PLACES
from realsyn_tasks.datasets.shards import Shard, read_table
from realsyn_tasks.datasets.versions import Version


def places_of(version: Version, shard: Shard, written: Sequence[ObjectRef]) -> pa.Table:
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
