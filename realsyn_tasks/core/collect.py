"""Collect what a run of shards of a keyed stage has for each of its readers (core.exchange).

Every source object is read once and whole; memory is bounded by one of its row groups and by what a
bucket, a run of partitions, holds. Rows stay in the order of their source shards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import keyed_tables
from realsyn_tasks.core.errors import DamagedObject, is_no_fault_of_input
from realsyn_tasks.core.keyed_tables import PARTITION, PartsWriter
from realsyn_tasks.core.stage import Context, Inputs, Output, Part, StageConfig

BUCKET_BYTES = 32 << 20  # stored, of a bucket's rows
BUCKETS = 256  # at most, for each is an open file


class Config(StageConfig):
    """Nothing to choose."""


class Collected(Protocol):
    """What a collecting stage can read, beside what every stage can."""

    def keyed(self) -> tuple[int, tuple[str, ...]]:
        """Give the number of partitions, and the names of the tables that are keyed by them."""
        ...

    def sizes(self, name: str) -> list[int]:
        """Give the bytes of the objects of a table, in order of their shards."""
        ...

    def copies(self, name: str, folder: Path) -> Iterator[tuple[str, Path]]:
        """Give the objects of a table one by one as local files, each with its path in storage."""
        ...


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Collect the keyed tables of a run of shards."""
    collected = cast(Collected, inputs)
    partitions, names = collected.keyed()
    parts = {name: _collect(collected, name, partitions, context.scratch) for name in names}
    return Output(parts=parts)


def _collect(inputs: Collected, name: str, partitions: int, scratch: Path) -> list[Part]:
    count = -(-sum(inputs.sizes(name)) // BUCKET_BYTES)
    width = -(-partitions // max(1, min(count, BUCKETS, partitions)))
    writer = PartsWriter(scratch, name)
    with ExitStack() as stack:
        buckets = [
            stack.enter_context(Bucket(scratch / f"{name}-bucket-{start}", min(count, 2) < 2))
            for start in range(0, partitions, width)
        ]
        for path, local in inputs.copies(name, scratch):
            for table in _row_groups(path, local):
                _deal(table, buckets, width)
        for bucket in buckets:
            for table in _in_order(bucket.tables(), single=width == 1):
                writer.add(table)
    writer.close()
    return writer.parts


def _row_groups(path: str, local: Path) -> Iterator[pa.Table]:
    try:
        texts = keyed_tables.texts_of(pq.read_metadata(local))
        file = pq.ParquetFile(local, read_dictionary=texts, page_checksum_verification=True)
        for group in range(file.num_row_groups):
            yield file.read_row_group(group)
    except (pa.ArrowInvalid, OSError) as error:
        if is_no_fault_of_input(error):
            raise
        raise DamagedObject(path, str(error)) from error


def _deal(table: pa.Table, buckets: Sequence[Bucket], width: int) -> None:
    """Hand the rows of a table, sorted by partition, to the buckets that they are of."""
    numbers = table[PARTITION].to_numpy() // width
    first, last = int(numbers[0]), int(numbers[-1])
    bounds = np.searchsorted(numbers, np.arange(first, last + 2))
    for bucket, start, stop in zip(buckets[first : last + 1], bounds, bounds[1:], strict=False):
        bucket.add(table.slice(start, stop - start))


class Bucket:
    """Rows of a run of partitions, in a file or, where they are few, in memory."""

    def __init__(self, path: Path, in_memory: bool) -> None:
        self._path = path
        self._tables: list[pa.Table] | None = [] if in_memory else None
        self._writer: pa.RecordBatchStreamWriter | None = None

    def __enter__(self) -> Bucket:
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)

    def add(self, table: pa.Table) -> None:
        """Put rows behind those that are there."""
        if not table.num_rows:
            return
        if self._tables is not None:
            self._tables.append(table)
            return
        if self._writer is None:
            self._writer = pa.ipc.new_stream(str(self._path), table.schema)
        self._writer.write_table(table)

    def tables(self) -> Iterator[pa.Table]:
        """Give what was put here."""
        yield from self._tables or []
        if self._writer is not None:
            self._writer.close()
            with pa.OSFile(str(self._path)) as file, pa.ipc.open_stream(file) as reader:
                yield from (pa.Table.from_batches([batch]) for batch in reader)


def _in_order(tables: Iterable[pa.Table], single: bool) -> Iterator[pa.Table]:
    """Give what a bucket holds, sorted by partition, some row groups at a time."""
    return _as_they_come(tables) if single else _by_partition(list(tables))


def _as_they_come(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Put the rows of a single partition together."""
    pieces: list[pa.Table] = []
    rows = size = 0
    for table in tables:
        pieces.append(table)
        rows, size = rows + table.num_rows, size + table.nbytes
        if rows >= keyed_tables.MOST_ROWS or size >= keyed_tables.MOST_BYTES:
            yield keyed_tables.plain(pa.concat_tables(pieces))
            pieces, rows, size = [], 0, 0
    if pieces:
        yield keyed_tables.plain(pa.concat_tables(pieces))


def _by_partition(pieces: Sequence[pa.Table]) -> Iterator[pa.Table]:
    """Sort pieces, each of them sorted by partition; texts stay numbers until they are written."""
    if not pieces:
        return
    numbers = [piece[PARTITION].to_numpy() for piece in pieces]
    there, counts = np.unique(np.concatenate(numbers), return_counts=True)
    for some in _together(counts.tolist()):
        bounds = there[some.start], there[some.stop - 1] + 1
        cuts = [np.searchsorted(own, bounds).tolist() for own in numbers]
        runs = [
            piece.slice(start, stop - start)
            for piece, (start, stop) in zip(pieces, cuts, strict=True)
            if stop > start
        ]
        yield from _sorted(pa.concat_tables(runs))


def _together(counts: Sequence[int]) -> Iterator[slice]:
    """Put small partitions, of so many rows each, together to what a row group may hold."""
    start = rows = 0
    for number, count in enumerate(counts):
        if rows and rows + count > keyed_tables.MOST_ROWS:
            yield slice(start, number)
            start, rows = number, 0
        rows += count
    yield slice(start, len(counts))


def _sorted(table: pa.Table) -> Iterator[pa.Table]:
    """Sort some small partitions; a large one, which is alone, comes in pieces."""
    for start in range(0, table.num_rows, keyed_tables.MOST_ROWS):
        rows = table.slice(start, keyed_tables.MOST_ROWS)
        yield keyed_tables.by_partition(keyed_tables.plain(rows))
