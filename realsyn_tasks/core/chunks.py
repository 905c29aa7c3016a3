"""Columns of any length: what joins or reorders them keeps each array within Arrow's limit.

The offsets of one array of strings or lists count up to 2^31 - 1 bytes or items. A column may hold
more in several arrays (chunks), but pyarrow's `take`, `sort_by` and `combine_chunks` make one array
of them and fail. So tables are taken and sorted here, and nothing joins chunks: pyarrow's compute
functions take a chunked column, also as a `value_set`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core.errors import is_too_large

MOST = 2**31 - 1  # bytes of the strings, or items of the lists, of one array

Numbers = np.ndarray[Any, np.dtype[np.integer[Any]]]
Key = str | tuple[str, str]  # a column to sort by, ascending or as said


def taken(table: pa.Table, rows: Numbers | pa.Array) -> pa.Table:
    """Give some rows of a table, in the order named."""
    columns = [taken_column(column, rows) for column in table.columns]
    return pa.Table.from_arrays(columns, schema=table.schema)


def taken_column(column: pa.ChunkedArray, rows: Numbers | pa.Array) -> pa.ChunkedArray:
    """Give some rows of a column, in the order named; what is too much for one array, in chunks."""
    numbers = rows if isinstance(rows, pa.Array) else pa.array(rows, type=pa.int64())
    if pa.types.is_fixed_size_binary(column.type) and column.num_chunks > 1:
        return _gathered(column, numbers)
    made = _at_once(column, numbers)
    return _by_wide_offsets(column, numbers) if made is None else made


def ordered(table: pa.Table, keys: Sequence[Key]) -> pa.Table:
    """Sort a table by columns; equal rows stay as they were."""
    return taken(table, order_of(table, keys))


def order_of(table: pa.Table, keys: Sequence[Key]) -> pa.Array:
    """Give the rows of a table in the order of columns; equal ones as they stand; (n,) uint64."""
    pairs = [(key, "ascending") if isinstance(key, str) else key for key in keys]
    if len(pairs) > 1 and _is_ordered(table, keys[1:]):
        pairs = pairs[:1]  # looking costs little, and each column more sorts several times slower
    return pc.sort_indices(table, pairs)


def _is_ordered(table: pa.Table, keys: Sequence[Key]) -> bool:
    """Say whether rows ascend by columns; False too for columns with nulls, or sorted otherwise."""
    undecided = np.ones(max(0, table.num_rows - 1), dtype=bool)  # equal in the keys before
    for key in keys:
        if not isinstance(key, str) or table[key].null_count:
            return False
        before, after = table[key][:-1], table[key][1:]
        if not pc.less_equal(before, after).to_numpy()[undecided].all():
            return False
        undecided &= pc.equal(before, after).to_numpy()
    return True


def codes_of(column: pa.ChunkedArray) -> Numbers:
    """Number the distinct values of a column from 0 in order of appearance; (n,) int32.

    A null is -1.
    """
    return coded(column)[0]


def coded(column: pa.ChunkedArray) -> tuple[Numbers, list[Any]]:
    """Give ``codes_of`` a column, and the distinct values in order of their numbers."""
    parts = column.dictionary_encode().chunks  # of one dictionary
    codes = [pc.fill_null(part.indices, -1).to_numpy(zero_copy_only=False) for part in parts]
    empty = np.empty(0, dtype=np.int32)
    return np.concatenate([empty, *codes]), parts[0].dictionary.to_pylist() if parts else []


def extent(array: pa.Array | pa.ChunkedArray) -> int:
    """Count what the offsets of a column would count, were it one array."""
    if isinstance(array, pa.ChunkedArray):
        return sum(extent(chunk) for chunk in array.chunks)
    kind = array.type
    if not len(array) or pa.types.is_null(kind):
        return 0
    if pa.types.is_struct(kind):
        return max((extent(part) for part in array.flatten()), default=0)
    if _is_list(kind):
        return max(_span(array), extent(array.flatten()))
    return _span(array) if _is_text(kind) else 0


def _span(array: pa.Array) -> int:
    large = pa.types.is_large_list(array.type) or array.type in (pa.large_string(), _LARGE_BINARY)
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int64 if large else np.int32)
    return int(offsets[array.offset + len(array)]) - int(offsets[array.offset])


_LARGE_BINARY = pa.large_binary()
_TEXTS = {pa.string(): pa.large_string(), pa.binary(): _LARGE_BINARY}


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_text(kind: pa.DataType) -> bool:
    return kind in _TEXTS or kind in _TEXTS.values()


def _gathered(column: pa.ChunkedArray, rows: pa.Array) -> pa.ChunkedArray:
    """Copy rows of bytes of one width, each once; pyarrow would join the chunks first."""
    if column.null_count or rows.null_count:
        return column.take(rows)
    width, numbers = column.type.byte_width, rows.to_numpy()
    made = np.empty((len(rows), width), dtype=np.uint8)
    start = 0
    for chunk in column.chunks:
        content = np.frombuffer(chunk.buffers()[1], dtype=np.uint8)[chunk.offset * width :]
        here = np.flatnonzero((numbers >= start) & (numbers < start + len(chunk)))
        made[here] = content[: len(chunk) * width].reshape(-1, width)[numbers[here] - start]
        start += len(chunk)
    array = pa.FixedSizeBinaryArray.from_buffers(column.type, len(made), [None, pa.py_buffer(made)])
    return pa.chunked_array([array])


def _at_once(column: pa.ChunkedArray, rows: pa.Array) -> pa.ChunkedArray | None:
    """Take as pyarrow does; None where that makes an array beyond the limit."""
    if extent(column) > MOST:
        return None
    try:
        made = column.take(rows)
    except pa.ArrowException as error:
        if is_too_large(error):
            return None
        raise
    return made if all(extent(chunk) <= MOST for chunk in made.chunks) else None


def _by_wide_offsets(column: pa.ChunkedArray, rows: pa.Array) -> pa.ChunkedArray:
    """Take by offsets of 64 bits, as many rows at a time as fit offsets of 32 bits."""
    wide = column.cast(_wide(column.type)).combine_chunks()
    waiting, pieces = [rows], []
    while waiting:
        some = waiting.pop()
        piece = wide.take(some)
        if extent(piece) > MOST and len(some) > 1:
            half = len(some) // 2
            waiting += [some.slice(half), some.slice(0, half)]
        else:
            pieces.append(piece.cast(column.type))
    return pa.chunked_array(pieces, type=column.type)


def _wide(kind: pa.DataType) -> pa.DataType:
    """The same type with offsets of 64 bits."""
    if pa.types.is_list(kind):
        return pa.large_list(kind.value_field.with_type(_wide(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([part.with_type(_wide(part.type)) for part in kind])
    return _TEXTS.get(kind, kind)
