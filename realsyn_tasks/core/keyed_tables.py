"""Tables keyed by partition in Parquet: each row is meant for one shard of another axis.

Rows are sorted by `partition`. A row group holds some small partitions whole, or a part of a large
one; so there are as many row groups as the bytes ask for, however many partitions there are, and
the bytes of an item stay what they are. Which partitions a row group holds is in the footer: their
column is the only one with statistics.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files, chunks, vector_columns
from realsyn_tasks.core.errors import DamagedObject, is_no_fault_of_input
from realsyn_tasks.core.ranged import WHOLE, RangedFile
from realsyn_tasks.core.stage import Part
from realsyn_tasks.core.storage import ObjectRef, Storage

PARTITION = "partition"
LEAST_BYTES = 16 << 10  # of a row group that ends between partitions, for each column
MOST_BYTES, MOST_ROWS = 64 << 20, 20_000  # of a row group
ELEMENT_BYTES = 16  # of an element of a list whose length varies, at a guess
PART_GROUPS = 64  # row groups of an object that is one of several parts of a table
FOOTER_BYTES = 256 << 10  # of a large object's end, read for its footer
TOGETHER = 8 << 20  # bytes of neighbouring row groups, fetched with one request

Numbers = np.ndarray[Any, np.dtype[np.int64]]


# -- layout ---------------------------------------------------------------------------------------


def by_partition(table: pa.Table) -> pa.Table:
    """Sort by partition; rows of one stay in their order."""
    numbers = _partitions(table)
    if (numbers[1:] >= numbers[:-1]).all():
        return table
    return chunks.taken(table, np.argsort(numbers, kind="stable"))


def _partitions(table: pa.Table) -> Numbers:
    numbers: Numbers = table[PARTITION].to_numpy()
    return numbers


def slices(table: pa.Table) -> Iterator[pa.Table]:
    """Cut a packed table that is sorted by partition into what row groups hold."""
    for rows in cuts(table):
        yield table.slice(rows.start, len(rows))


def cuts(table: pa.Table, row_bytes: int = 0, columns: int = 0) -> Iterator[range]:
    """Say which rows of a table that is sorted by partition each row group holds.

    A table may come without its so many large columns, of so many bytes a row together: then each
    piece can be made on its own, and is written as it would be with all the others.
    """
    numbers = _partitions(table)
    rows, least = len(numbers), LEAST_BYTES * (table.num_columns + columns)
    ends = np.append(np.flatnonzero(np.diff(numbers)) + 1, rows)  # of partitions
    before = np.append(0, np.cumsum(_row_bytes(table) + row_bytes))
    before_ends = before[ends]
    start = 0
    while start < rows:
        first = int(np.searchsorted(ends, start, side="right"))
        small = int(np.searchsorted(before_ends, before[start] + least, side="right")) - 1
        large = int(np.searchsorted(before, before[start] + MOST_BYTES, side="right")) - 1
        stop = min(int(ends[max(first, small)]), max(large, start + 1), start + MOST_ROWS)
        yield range(start, stop)
        start = stop


def _row_bytes(table: pa.Table) -> Numbers:
    """Give about how many bytes each row takes in memory; the same for the same rows."""
    sizes: Numbers = np.zeros(table.num_rows, dtype=np.int64)
    for field in table.schema:
        sizes += _value_bytes(table[field.name], field.type)
    return sizes


def _value_bytes(column: pa.ChunkedArray, kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return _lengths(pc.list_value_length(column)) * _width(kind.value_type)
    if _is_text(kind):
        return _lengths(pc.binary_length(column))
    return _width(kind)


def _lengths(lengths: pa.ChunkedArray) -> Numbers:
    numbers: Numbers = pc.fill_null(lengths, 0).to_numpy().astype(np.int64)
    return numbers


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string)
    return any(test(kind) for test in (*tests, pa.types.is_binary, pa.types.is_large_binary))


def _width(kind: pa.DataType) -> int:
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:
        return ELEMENT_BYTES


# -- writing --------------------------------------------------------------------------------------


def writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a keyed table for writing; the same row groups give the same bytes."""
    described = vector_columns.described(schema)
    return pq.ParquetWriter(
        path,
        schema,
        compression=dict.fromkeys(described, "zstd"),
        write_page_checksum=True,
        use_dictionary=described,
        write_statistics=[PARTITION],
    )


def write(table: pa.Table, path: Path) -> None:
    """Write a packed table as one object."""
    with writer(path, table.schema) as file:
        for piece in slices(by_partition(table)):
            file.write_table(piece, row_group_size=MOST_ROWS)


def write_pieces(schema: pa.Schema, pieces: Iterable[pa.Table], path: Path) -> int:
    """Write packed pieces, in order of partition, as one object; count the rows."""
    rows = 0
    with writer(path, schema) as file:
        for table in pieces:
            for piece in slices(table):
                file.write_table(piece, row_group_size=MOST_ROWS)
            rows += table.num_rows
    return rows


class PartsWriter:
    """Writes a table, handed over in order of partitions, as objects of few row groups each.

    Whoever reads a partition needs the footer of the one object that holds it.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.parts: list[Part] = []
        self._folder, self._name = folder, name
        self._file: pq.ParquetWriter | None = None
        self._groups, self._last = 0, -1

    def add(self, table: pa.Table) -> None:
        """Write rows, sorted by partition and none of a smaller one than before."""
        for piece in slices(table):
            first, last = piece[PARTITION][0].as_py(), piece[PARTITION][-1].as_py()
            if self._file is None or (self._groups >= PART_GROUPS and first != self._last):
                self._begin(first, table.schema)
            self._write(piece)
            self._last = last

    def _begin(self, first: int, schema: pa.Schema) -> None:
        self.close()
        path = self._folder / f"{self._name}-{first}.parquet"
        self.parts.append(Part(first, path, 0))
        self._file, self._groups = writer(path, schema), 0

    def _write(self, piece: pa.Table) -> None:
        assert self._file
        self._file.write_table(piece, row_group_size=MOST_ROWS)
        self._groups += 1
        part = self.parts[-1]
        self.parts[-1] = part._replace(rows=part.rows + piece.num_rows)

    def close(self) -> None:
        """Finish the object at hand."""
        if self._file:
            self._file.close()


# -- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Footer:
    """What a footer says: where row groups lie, and which partitions they hold."""

    metadata: pq.FileMetaData
    texts: list[str]  # columns that are read as numbers and a dictionary
    first: Numbers  # partition of each row group
    last: Numbers

    @staticmethod
    def of(metadata: pq.FileMetaData) -> Footer:
        """Read the statistics of a keyed table's footer."""
        place = metadata.schema.names.index(PARTITION)
        groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
        statistics = [group.column(place).statistics for group in groups]
        bounds = np.array([(each.min, each.max) for each in statistics], dtype=np.int64)
        first, last = bounds.reshape(-1, 2).T
        return Footer(metadata, texts_of(metadata), first, last)

    def groups(self, partition: int) -> range:
        """Name the row groups that hold rows of a partition."""
        start = np.searchsorted(self.last, partition)
        return range(int(start), int(np.searchsorted(self.first, partition, side="right")))

    def together(self, partition: int) -> Iterator[range]:
        """Name the same row groups by what is fetched at once: some small ones, or a large one."""
        groups = self.groups(partition)
        ends = [self._end(number) for number in groups]
        while groups:
            most = self._begin(groups.start) + TOGETHER
            count = max(1, bisect_right(ends, most))
            yield groups[:count]
            groups, ends = groups[count:], ends[count:]

    def span(self, groups: range) -> tuple[int, int]:
        """Give the first byte and the number of bytes of neighbouring row groups."""
        start = self._begin(groups[0])
        return start, self._end(groups[-1]) - start

    def _begin(self, number: int) -> int:
        return _start(self.metadata.row_group(number).column(0))

    def _end(self, number: int) -> int:
        group = self.metadata.row_group(number)
        last = group.column(group.num_columns - 1)
        return _start(last) + int(last.total_compressed_size)


def texts_of(metadata: pq.FileMetaData) -> list[str]:
    """Name the columns of texts, which repeat: they are read as numbers of a dictionary.

    Pictures do not, and of large ones Arrow has no dictionary.
    """
    fields = metadata.schema.to_arrow_schema()
    return [field.name for field in fields if pa.types.is_string(field.type)]


def plain(table: pa.Table) -> pa.Table:
    """Give the values of what was read as numbers of a dictionary."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            values = pa.field(field.name, field.type.value_type)
            table = table.set_column(place, values, table.column(place).cast(values.type))
    return table


def _start(column: pq.ColumnChunkMetaData) -> int:
    places = (column.dictionary_page_offset, column.data_page_offset)
    return min(int(place) for place in places if place)


# Footers by checksum: each shard of a batch reads its part of the same objects.
_footers: dict[str, Footer] = {}
FOOTERS = 512


def pieces_of(
    storage: Storage, ref: ObjectRef, partition: int, columns: list[str] | None = None
) -> Iterator[pa.Table]:
    """Read a partition of a committed table, in at least one piece of at most a row group.

    An object of which the footer is known costs one request for each 8 MiB of these row groups,
    which lie side by side, or for a larger one; that much waits in memory until it is read.
    Raises DamagedObject if it is not as committed.
    """
    if ref.sha256 not in _footers:
        storage.verify(ref)
    wanted = [*columns, PARTITION] if columns and PARTITION not in columns else columns
    try:
        with arrow_files.opened(storage, ref.path, ref.size) as source:
            footer = _footer(source, ref)
            file = pq.ParquetFile(
                source,
                metadata=footer.metadata,
                read_dictionary=footer.texts,
                page_checksum_verification=True,
            )
            if not footer.groups(partition):
                yield vector_columns.unpacked(plain(file.read_row_groups([], columns=columns)))
            for groups in footer.together(partition):
                _fetch(source, *footer.span(groups))
                for group in groups:
                    piece = _of_partition(file.read_row_group(group, columns=wanted), partition)
                    yield vector_columns.unpacked(piece.select(columns) if columns else piece)
    except (pa.ArrowInvalid, OSError) as error:
        if is_no_fault_of_input(error):
            raise
        raise DamagedObject(ref.path, str(error)) from error


def _footer(source: Any, ref: ObjectRef) -> Footer:
    if ref.sha256 not in _footers:
        if len(_footers) >= FOOTERS:
            _footers.clear()
        if ref.size > WHOLE:
            _fetch(source, ref.size - FOOTER_BYTES, FOOTER_BYTES)
        _footers[ref.sha256] = Footer.of(pq.read_metadata(source))
    return _footers[ref.sha256]


def _fetch(source: Any, start: int, length: int) -> None:
    """Let bytes that are about to be read come with one request, where those are made."""
    if isinstance(source, RangedFile):
        source.prefetch(start, length)


def _of_partition(table: pa.Table, partition: int) -> pa.Table:
    """Give the rows of a partition; a few of many are copied, for a slice holds all in memory."""
    start, stop = np.searchsorted(_partitions(table), [partition, partition + 1])
    rows = plain(table.slice(start, stop - start))
    if 2 * rows.num_rows < table.num_rows:
        return chunks.taken(rows, np.arange(rows.num_rows))
    return rows
