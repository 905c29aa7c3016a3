"""What a column of a Parquet file unpacks to, told by the headers of its pages before they are.

A file's end says how large everything is, and may lie; what is read goes by the pages. Ten bytes of
runs may stand for a thousand million values, and one long text for each of them, so whoever reads a
file of strangers asks here first. Headers are structs of Thrift's compact protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    import pyarrow.parquet as pq

MOST_HEADER = 1 << 20  # bytes; statistics may hold long texts
_FIRST = 1 << 12
_UNPACKED, _STORED = 2, 3  # fields of a page's header: its bytes, unpacked and as stored
_DATA, _DICTIONARY, _DATA_2 = 5, 7, 8
_VALUES = 1  # field of each of these
_DEEPEST = 8
_FIXED = {1: 0, 2: 0, 3: 1, 7: 8}  # bytes of a kind of value: true, false, a byte, a double
_INTEGERS, _BINARY, _LISTS, _STRUCT = (4, 5, 6), 8, (9, 10), 12


class Pages(NamedTuple):
    """What the pages of a column, of one group of rows, hold together."""

    values: int
    largest: int  # bytes of the largest page, unpacked
    dictionary: int  # bytes of the texts that values may stand for

    @property
    def most_bytes(self) -> int:
        """Bound what all values together may be."""
        return self.largest + self.values * self.dictionary


class NoPages(Exception):
    """What lies where a column should have its pages is none."""


def pages_of(stream: BinaryIO, column: pq.ColumnChunkMetaData) -> Pages:
    """Read the headers of a column's pages, as far as a reader would; NoPages if they are none."""
    starts = (column.dictionary_page_offset, column.data_page_offset)
    place = min((start for start in starts if start), default=0)
    end = place + column.total_compressed_size
    values = largest = dictionary = 0
    while place < end and values < column.num_values:
        header, length = _header(stream, place)
        sizes = header.get(_UNPACKED), header.get(_STORED)
        if not all(isinstance(size, int) and size >= 0 for size in sizes):
            raise NoPages(f"no page lies at byte {place}")
        largest = max(largest, header[_UNPACKED])
        if _DICTIONARY in header:
            dictionary = max(dictionary, header[_UNPACKED])
        values += _count(header)
        place += length + header[_STORED]
    return Pages(values, largest, dictionary)


def _count(header: dict[int, Any]) -> int:
    about = header.get(_DATA) or header.get(_DATA_2) or {}
    count = about.get(_VALUES, 0) if isinstance(about, dict) else 0
    return count if isinstance(count, int) and count > 0 else 0


def _header(stream: BinaryIO, place: int) -> tuple[dict[int, Any], int]:
    size = _FIRST
    while size <= MOST_HEADER:
        stream.seek(place)
        data = stream.read(size)
        try:
            return _struct(data, 0, 0)
        except IndexError:
            if len(data) < size:
                break
            size *= 16
    raise NoPages(f"no page lies at byte {place}")


def _struct(data: bytes, at: int, depth: int) -> tuple[dict[int, Any], int]:
    """Read the fields of a struct, by number, and give where it ends; IndexError if it does not."""
    if depth > _DEEPEST:
        raise NoPages("a page's header is nested too deep")
    fields: dict[int, Any] = {}
    number = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            number, at = _integer(data, at)
        fields[number], at = _value(data, at, head & 15, depth)
    return fields, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in _FIXED:
        return None, at + _FIXED[kind]
    if kind in _INTEGERS:
        return _integer(data, at)
    if kind == _BINARY:
        size, at = _varint(data, at)
        return None, at + size
    if kind == _STRUCT:
        return _struct(data, at, depth + 1)
    if kind in _LISTS:
        return None, _past_list(data, at, depth)
    raise NoPages(f"a page's header has a field of the unknown kind {kind}")


def _past_list(data: bytes, at: int, depth: int) -> int:
    head, at = data[at], at + 1
    count, at = _varint(data, at) if head >> 4 == 15 else (head >> 4, at)
    for _ in range(count):
        _, at = _value(data, at, head & 15, depth + 1)
    return at


def _integer(data: bytes, at: int) -> tuple[int, int]:
    number, at = _varint(data, at)
    return (number >> 1) ^ -(number & 1), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while shift < 70:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
    raise NoPages("a number of a page's header has no end")
