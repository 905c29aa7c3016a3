"""How tables are made and written; their schemas stand with the stage groups (`schemas`).

Tables are sorted, carry page checksums, and have the same bytes for the same rows. Columns are
compressed with zstd, but for vectors, which it makes a tenth smaller and twice as slow to read;
these are stored packed (core.vector_columns).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import chunks, keyed_tables, vector_columns
from realsyn_tasks.core.stage import Dropped, Pieces

ROW_GROUP_ROWS = 20_000
ROW_GROUP_BYTES = 128 << 20  # of rows that are larger than most: those with pictures
PARTITION = keyed_tables.PARTITION

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


def write_table(table: pa.Table | Pieces, path: Path) -> int:
    """Write a table as Parquet and count its rows; the same rows give the same bytes.

    A keyed table (with a `partition` column) is sorted by partition, and cut so that a reader
    fetches its own by ranges (core.keyed_tables).
    """
    if isinstance(table, Pieces):
        pieces = map(vector_columns.packed, table.tables)
        first = list(islice(pieces, 1))  # which tells how long vectors are
        schema = first[0].schema if first else table.schema
        write = keyed_tables.write_pieces if PARTITION in schema.names else _write_pieces
        return write(schema, chain(first, pieces), path)
    table = vector_columns.packed(table)
    if PARTITION in table.column_names:
        keyed_tables.write(table, path)
        return int(table.num_rows)
    return _write_pieces(table.schema, [table], path)


def _write_pieces(schema: pa.Schema, pieces: Iterable[pa.Table], path: Path) -> int:
    """Write packed pieces in their order, each in row groups of its own; count the rows."""
    described, rows = vector_columns.described(schema), 0
    with pq.ParquetWriter(
        path,
        schema,
        compression=dict.fromkeys(described, "zstd"),
        write_page_checksum=True,
        use_dictionary=described,
        write_statistics=described,
    ) as file:
        for piece in pieces:
            file.write_table(piece, row_group_size=_rows_at_once(piece))
            rows += piece.num_rows
    return rows


def _rows_at_once(table: pa.Table) -> int:
    """Give how many rows a reader fetches at a time."""
    fitting = ROW_GROUP_BYTES * int(table.num_rows) // max(1, int(table.nbytes))
    return min(ROW_GROUP_ROWS, max(1, fitting))
