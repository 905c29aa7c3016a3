"""Columns of vectors: lists of float16 in memory, each the bytes of its numbers in Parquet.

Parquet writes and reads a list number by number, bytes as a whole. `unpacked` makes lists of what
any reader of Parquet gives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

VECTOR = pa.list_(pa.float16())  # all of one length; the length is the encoder's


def vector_array(vectors: np.ndarray[Any, Any]) -> pa.Array:
    """Turn (n, d) floats into a list column of float16."""
    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float16).ravel())
    offsets = np.arange(len(vectors) + 1, dtype=np.int32) * vectors.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), flat)


def packed(table: pa.Table) -> pa.Table:
    """Show each vector as the bytes of its numbers, as it is stored; copies nothing.

    Vectors of different lengths, which only a broken table has, stay lists.
    """
    for place, field in enumerate(table.schema):
        if field.type == VECTOR and table.num_rows:
            column = _packed(whole(table[field.name]))
            if column is not None:
                table = table.set_column(place, field.name, column)
    return table


def unpacked(table: pa.Table) -> pa.Table:
    """Show stored bytes as vectors again; copies nothing."""
    for place, field in enumerate(table.schema):
        if pa.types.is_fixed_size_binary(field.type):
            column = _unpacked(whole(table[field.name]))
            table = table.set_column(place, pa.field(field.name, VECTOR), column)
    return table


def whole(column: pa.ChunkedArray) -> pa.Array:
    """Give the column as one array; of a single chunk, combine_chunks would make a copy."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _packed(lists: pa.ListArray) -> pa.Array | None:
    lengths = np.diff(lists.offsets.to_numpy())
    if lists.null_count or not lengths[0] or (lengths != lengths[0]).any():
        return None
    flat = lists.flatten().to_numpy(zero_copy_only=False)
    kind = pa.binary(int(lengths[0]) * flat.itemsize)
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(lists), [None, pa.py_buffer(flat)])


def _unpacked(stored: pa.FixedSizeBinaryArray) -> pa.ListArray:
    width = stored.type.byte_width
    whole = np.frombuffer(stored.buffers()[1], dtype=np.float16)
    numbers = width // whole.itemsize
    flat = whole[stored.offset * numbers : (stored.offset + len(stored)) * numbers]
    offsets = np.arange(len(stored) + 1, dtype=np.int32) * numbers
    values = pa.Array.from_buffers(pa.float16(), len(flat), [None, pa.py_buffer(flat)])
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def described(schema: pa.Schema) -> list[str]:
    """Name the columns that get a dictionary and statistics, by their paths in Parquet.

    Vectors get none: they hardly repeat and nobody filters by them.
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
