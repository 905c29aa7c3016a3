"""Columns of vectors: lists of float16 in memory, each the bytes of its numbers in Parquet.

Parquet writes and reads a list number by number, bytes as a whole. `unpacked` makes lists of what
any reader of Parquet gives. A column with more numbers than the offsets of one array can count
(`chunks.MOST`) has several arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import chunks, halves

VECTOR = pa.list_(pa.float16())  # all of one length; the length is the encoder's


def vector_array(vectors: np.ndarray[Any, Any]) -> pa.ChunkedArray:
    """Turn (n, d) floats into a list column of float16."""
    flat = halves.narrowed(vectors).ravel()
    return pa.chunked_array(_lists(flat, len(vectors), vectors.shape[1]), VECTOR)


def rows_of(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Give the vectors of a column as (n, d) float32; (0, 0) for an empty column.

    Raises ValueError when their lengths differ.
    """
    parts = [chunk.flatten() for chunk in column.chunks if len(chunk)]
    if not parts:
        return np.zeros((0, 0), dtype=np.float32)
    rows = np.empty(sum(len(part) for part in parts), dtype=np.float32)
    start = 0
    for part in parts:
        halves.widen(part.to_numpy(zero_copy_only=False), rows[start : start + len(part)])
        start += len(part)
    return rows.reshape(len(column), -1)


def halves_of(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Give the vectors of a column as they are stored, (n, d) float16; (0, 0) for an empty column.

    Copies nothing where they lie in one array. Raises ValueError when their lengths differ.
    """
    parts = [chunk.flatten() for chunk in column.chunks if len(chunk)]
    flat = [part.to_numpy(zero_copy_only=False) for part in parts]
    if not flat:
        return np.zeros((0, 0), dtype=np.float16)
    rows: np.ndarray[Any, Any] = flat[0] if len(flat) == 1 else np.concatenate(flat)
    return rows.reshape(len(column), -1)


def packed(table: pa.Table) -> pa.Table:
    """Show each vector as the bytes of its numbers, as it is stored; copies nothing.

    Vectors of different lengths, which only a broken table has, stay lists.
    """
    for place, field in enumerate(table.schema):
        if field.type == VECTOR and table.num_rows:
            column = _packed(table[field.name])
            if column is not None:
                table = table.set_column(place, field.name, column)
    return table


def unpacked(table: pa.Table) -> pa.Table:
    """Show stored bytes as vectors again; copies nothing."""
    for place, field in enumerate(table.schema):
        if pa.types.is_fixed_size_binary(field.type):
            stored = [chunk for chunk in table[field.name].chunks if len(chunk)]
            lists = [part for chunk in stored for part in _unpacked(chunk)]
            column = pa.chunked_array(lists, VECTOR)
            table = table.set_column(place, pa.field(field.name, VECTOR), column)
    return table


def _packed(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    lists = [chunk for chunk in column.chunks if len(chunk)]
    lengths = {length for chunk in lists for length in _lengths(chunk)}
    if column.null_count or len(lengths) != 1 or 0 in lengths:
        return None
    kind = pa.binary(lengths.pop() * np.dtype(np.float16).itemsize)
    return pa.chunked_array([_as_bytes(chunk, kind) for chunk in lists], kind)


def _lengths(lists: pa.ListArray) -> set[int]:
    lengths = np.diff(lists.offsets.to_numpy())
    return {int(lengths.min()), int(lengths.max())}


def _as_bytes(lists: pa.ListArray, kind: pa.DataType) -> pa.Array:
    flat = lists.flatten().to_numpy(zero_copy_only=False)
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(lists), [None, pa.py_buffer(flat)])


def _unpacked(stored: pa.FixedSizeBinaryArray) -> Iterator[pa.ListArray]:
    everything = np.frombuffer(stored.buffers()[1], dtype=np.float16)
    numbers = stored.type.byte_width // everything.itemsize
    flat = everything[stored.offset * numbers : (stored.offset + len(stored)) * numbers]
    return _lists(flat, len(stored), numbers)


def _lists(flat: np.ndarray[Any, Any], count: int, width: int) -> Iterator[pa.ListArray]:
    """``count`` lists of ``width`` numbers each, as many in an array as its offsets can count."""
    at_once = max(1, chunks.MOST // max(1, width))
    for start in range(0, max(count, 1), at_once):
        some = min(at_once, count - start)
        part = flat[start * width : (start + some) * width]
        values = pa.Array.from_buffers(pa.float16(), len(part), [None, pa.py_buffer(part)])
        offsets = np.arange(some + 1, dtype=np.int32) * np.int32(width)
        yield pa.ListArray.from_arrays(pa.array(offsets), values)


def described(schema: pa.Schema) -> list[str]:
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
