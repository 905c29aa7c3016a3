"""How tables are made and written; their schemas stand with the stage groups (`schemas`).

Tables are sorted, carry page checksums, and have the same bytes for the same rows. Columns are
compressed with zstd, but for vectors, which it makes a tenth smaller and twice as slow to read;
these are stored packed (core.vector_columns).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import chunks, vector_columns
from realsyn_tasks.core.stage import Dropped

ROW_GROUP_ROWS = 20_000
PARTITION = "partition"

VECTOR = vector_columns.VECTOR

DROPPED = pa.schema(
    [
        ("kind", pa.string()),
        ("id", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)


def build(schema: pa.Schema, columns: Mapping[str, Any], sort_by: Sequence[str] = ()) -> pa.Table:
    """Make a table of a schema from columns, sorted.

    Two-dimensional float arrays become list columns. Raises KeyError for a missing column.
    """
    arrays = [_array(columns[field.name], field.type) for field in schema]
    table = pa.Table.from_arrays(arrays, schema=schema)
    return ordered(table, sort_by) if sort_by else table


def ordered(table: pa.Table, keys: Sequence[chunks.Key]) -> pa.Table:
    """Sort by columns, ascending or as said, moving each vector as a whole."""
    return vector_columns.unpacked(chunks.ordered(vector_columns.packed(table), keys))


def taken(table: pa.Table, rows: chunks.Numbers | pa.Array) -> pa.Table:
    """Give some rows in the order named, moving each vector as a whole."""
    return vector_columns.unpacked(chunks.taken(vector_columns.packed(table), rows))


def from_rows(
    schema: pa.Schema, rows: Iterable[Mapping[str, Any]], sort_by: Sequence[str] = ()
) -> pa.Table:
    """Make a table of a schema from rows, sorted."""
    table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    return ordered(table, sort_by) if sort_by else table


def _array(values: Any, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, np.ndarray) and values.ndim == 2:
        return vector_columns.vector_array(values)
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values.cast(kind)
    return pa.array(values, type=kind)


def vectors_of(table: pa.Table, column: str = "embedding") -> np.ndarray[Any, Any]:
    """Read a list column as (n, d) float32; (0, 0) for an empty table."""
    return vector_columns.rows_of(table[column])


def halves_of(table: pa.Table, column: str = "embedding") -> np.ndarray[Any, Any]:
    """Read a list column as (n, d) float16, as it is stored; (0, 0) for an empty table."""
    return vector_columns.halves_of(table[column])


def dropped_table(dropped: Iterable[Dropped]) -> pa.Table:
    """Make the table of dropped items, sorted."""
    rows = [{**item.__dict__, "reason": item.reason.code} for item in dropped]
    return from_rows(DROPPED, rows, sort_by=("kind", "reason", "id", "detail"))


def write_table(
    table: pa.Table, path: Path, partitions: int | None = None
) -> tuple[int, ...] | None:
    """Write a table as Parquet; the same rows give the same bytes.

    A keyed table (with a `partition` column) is sorted by partition, and row groups end where
    partitions do, so that a reader fetches its own by range. Returns the number of row groups per
    partition then, else None.
    """
    table = vector_columns.packed(table)
    described = _described(table.schema)
    options = {
        "compression": dict.fromkeys(described, "zstd"),
        "write_page_checksum": True,
        "use_dictionary": described,
        "write_statistics": described,
    }
    with pq.ParquetWriter(path, table.schema, **options) as writer:
        if partitions is None:
            writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
            return None
        return tuple(
            _write_partition(writer, part) for part in _split_by_partition(table, partitions)
        )


def _described(schema: pa.Schema) -> list[str]:
    """Name the columns with a dictionary, statistics and compression, by their paths in Parquet.

    Vectors get none: they hardly repeat, nobody filters by them, and they hardly get smaller.
    """
    vector = (VECTOR, *(f.type for f in schema if pa.types.is_fixed_size_binary(f.type)))
    return [
        path
        for field in schema
        if field.type not in vector
        for path in _paths(field.name, field.type)
    ]


def _paths(name: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_list(kind):
        return _paths(f"{name}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        return [path for part in kind for path in _paths(f"{name}.{part.name}", part.type)]
    return [name]


def _write_partition(writer: pq.ParquetWriter, part: pa.Table) -> int:
    if part.num_rows:
        writer.write_table(part, row_group_size=ROW_GROUP_ROWS)
    return -(-int(part.num_rows) // ROW_GROUP_ROWS)


def _split_by_partition(table: pa.Table, partitions: int) -> list[pa.Table]:
    numbers = table[PARTITION].to_numpy()
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(partitions + 1))
    arranged = chunks.taken(table, order)
    return [arranged.slice(start, stop - start) for start, stop in pairwise(bounds)]
