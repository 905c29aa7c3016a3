"""The rows and samples of a version, shard by shard: Parquet tables and the tars beside them."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realsyn_tasks.core.errors import ConfigError, is_no_fault_of_input
from realsyn_tasks.datasets.manifest import DamagedDataset, DatasetFile, Fault
from realsyn_tasks.datasets.versions import PROMOTE, Version

if TYPE_CHECKING:  # Airflow's environment, where shards are counted, has no pyarrow
    import pyarrow as pa


@dataclass(frozen=True)
class Shard:
    """The same pairs twice: as a table, and with their images as a tar."""

    table: DatasetFile
    tar: DatasetFile


def shards(version: Version) -> list[Shard]:
    """List the shards of a version, in order; ConfigError if tables and tars do not match."""
    files = version.manifest.files
    tables = [file for file in files if file.path.endswith(".parquet")]
    tars = [file for file in files if file.path.endswith(".tar")]
    if len(tars) != len(tables):
        raise ConfigError(f"{version.path} has {len(tables)} tables and {len(tars)} tars: not ours")
    return [Shard(table, tar) for table, tar in zip(tables, tars, strict=True)]


def read_table(version: Version, path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a table whole, or of these columns those that it has; DamagedDataset if it cannot."""
    import pyarrow.parquet as pq

    with _opened(version, path) as source:
        file = pq.ParquetFile(source)
        known = file.schema_arrow.names
        return file.read(columns=None if columns is None else [c for c in columns if c in known])


def rows(version: Version, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Read the tables of a version one after another."""
    for shard in shards(version):
        yield read_table(version, shard.table.path, columns)


def samples(version: Version, path: str) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Read the samples of a tar as key and suffix -> bytes; DamagedDataset if it cannot be read."""
    key, sample = "", dict[str, bytes]()
    for name, data in _members(version, path):
        of, _, suffix = name.partition(".")
        if of != key and sample:
            yield key, sample
            sample = {}
        key, sample[suffix] = of, data
    if sample:
        yield key, sample


def _members(version: Version, path: str) -> Iterator[tuple[str, bytes]]:
    with (
        _opened(version, path) as source,
        tarfile.open(fileobj=source, mode="r:") as members,
    ):
        for member in members:
            if content := members.extractfile(member):
                yield member.name, content.read()


@contextmanager
def _opened(version: Version, path: str) -> Iterator[Any]:
    import pyarrow as pa

    from realsyn_tasks.core import arrow_files

    at = version.at(path)
    try:
        with arrow_files.opened(version.storage, at) as source:
            yield source
    except FileNotFoundError:
        raise DamagedDataset(at, Fault.MISSING, "there is no such file", PROMOTE) from None
    except (pa.ArrowException, tarfile.TarError, OSError) as error:
        if is_no_fault_of_input(error):
            raise
        raise DamagedDataset(at, Fault.UNREADABLE, str(error), PROMOTE) from error
