"""OBELICS: Parquet files, or JSON lines, with a document in each row.

`images` and `texts` are lists of one length; at each place one of them has an address or a text and
the other nothing. `metadata` (JSON: a list of the same length with `alt_text`) and
`general_metadata` (JSON with `url`, and what else is said of the page) are read where there are
such columns. A row's offset is its number in the file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from realsyn_tasks.core.errors import is_no_fault_of_input
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import (
    BadRecord,
    CorruptCrawlFile,
    CrawlFile,
    CutCrawlFile,
    Document,
    ImageNode,
    Limits,
    Resolve,
    TextNode,
)
from realsyn_tasks.formats.heads import Head, head_of
from realsyn_tasks.formats.interleaved import (
    document,
    linked_image,
    paragraphs,
    record_of,
    share_broken,
)
from realsyn_tasks.formats.lines import read_objects
from realsyn_tasks.formats.parquet_pages import NoPages, Pages, pages_of
from realsyn_tasks.web.reasons import DECOMPRESSION_BOMB

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

NEEDED = ("images", "texts")
OPTIONAL = ("metadata", "general_metadata")
END_OF_DOCUMENT = "END_OF_DOCUMENT_TOKEN_TO_BE_REPLACED"  # where a page led on to the next one
_LISTS = tuple(re.compile(rb'"%b"\s*:\s*\[' % name.encode()) for name in NEEDED)
PARQUET = b"PAR1"  # a table begins and ends with it
BATCH_ROWS = 64
BATCH_BYTES = 16 << 20
BUFFER = 1 << 20  # bytes read ahead per column
LEAST_VALUES = 1 << 20  # that any file may hold
VALUES_A_BYTE = 8  # of a file, rows counted as values, too; a text has 20 bytes or so
MOST_VALUES = 1 << 25  # of a column of one group of rows: half a gigabyte while they are read
MOST_PAGE = 256 << 20  # bytes, unpacked
MOST_COPIED = 512 << 20  # bytes that the values of a column may be


def read(
    files: Sequence[CrawlFile], resolve: Resolve, limits: Limits
) -> Iterator[Document | BadRecord]:
    """Documents in the order of rows; `resolve` is unused, since the images are elsewhere."""
    for file in files:
        with file.open() as stream:
            of_lines = _is_object(head_of(stream))
        yield from _lines(file, limits) if of_lines else _table(file, limits)


def looks_like(head: Head) -> bool:
    """Say whether a file is Parquet, or begins with an object that lists images and texts."""
    parquet = not head.packing and head.data.startswith(PARQUET)
    return parquet or (_is_object(head) and all(key.search(head.line) for key in _LISTS))


def _is_object(head: Head) -> bool:
    return head.line.startswith(b"{")


def _lines(file: CrawlFile, limits: Limits) -> Iterator[Document | BadRecord]:
    for number, row in read_objects(file, limits):
        if isinstance(row, BadRecord):
            yield row
        else:
            yield from _row(row, file.path, number, limits)


def _table(file: CrawlFile, limits: Limits) -> Iterator[Document | BadRecord]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with file.open() as stream:
        try:
            table = pq.ParquetFile(stream, buffer_size=BUFFER, pre_buffer=False)
            missing = [name for name in NEEDED if name not in table.schema_arrow.names]
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            if is_no_fault_of_input(error):
                raise
            corrupt = CutCrawlFile if _is_begun(stream) else CorruptCrawlFile
            raise corrupt(file.path, _first_line(error)) from error
        if missing:
            raise CorruptCrawlFile(file.path, f"has no column {' and no '.join(missing)}")
        yield from _rows(_Table(table, stream, file, limits), file.path, limits)


def _is_begun(stream: BinaryIO) -> bool:
    """Say whether this is the beginning of a table without its end."""
    stream.seek(0)
    begins = stream.read(len(PARQUET)) == PARQUET
    if not begins:
        return False
    stream.seek(-len(PARQUET), os.SEEK_END)
    return stream.read() != PARQUET


class _Table:
    """A Parquet file, and what is left of what it may unpack to."""

    def __init__(
        self, table: pq.ParquetFile, stream: BinaryIO, file: CrawlFile, limits: Limits
    ) -> None:
        self._table, self._stream, self._limits = table, stream, limits
        self.groups: int = table.num_row_groups
        self.columns = [name for name in (*NEEDED, *OPTIONAL) if name in table.schema_arrow.names]
        self._values_left = max(LEAST_VALUES, file.size * VALUES_A_BYTE)
        self.bytes_left = max(limits.record_bytes, file.size * limits.expansion)

    def group(self, number: int) -> pq.RowGroupMetaData:
        """Give what the file's end says of a group of rows."""
        return self._table.metadata.row_group(number)

    def batches(self, number: int) -> Iterator[pa.RecordBatch]:
        """Read a group of rows, a few at a time; a bomb is refused by what its pages state.

        Where values stand for few long texts, these are read once, and not copied for each value.
        """
        group = self.group(number)
        columns = [group.column(n) for n in range(group.num_columns)]
        mine = [each for each in columns if each.path_in_schema.split(".")[0] in self.columns]
        pages = {each.path_in_schema: pages_of(self._stream, each) for each in mine}
        self._require_no_bomb(group, list(pages.values()))
        shared = [path for path, of in pages.items() if of.most_bytes > MOST_COPIED]
        table = self._table if not shared else self._with_shared(shared)
        yield from table.iter_batches(
            _rows_at_once(group), row_groups=[number], columns=self.columns
        )

    def _require_no_bomb(self, group: pq.RowGroupMetaData, pages: list[Pages]) -> None:
        values = [group.num_rows, *(each.values for each in pages)]
        if max(values) > MOST_VALUES or sum(values) > self._values_left:
            raise _Bomb(f"{max(values)} values in {_stored(group)} bytes")
        if (largest := max(each.largest for each in pages)) > MOST_PAGE:
            raise _Bomb(f"a page of {largest} bytes")
        self._values_left -= sum(values)

    def _with_shared(self, paths: list[str]) -> pq.ParquetFile:
        import pyarrow.parquet as pq

        return pq.ParquetFile(
            self._stream, buffer_size=BUFFER, pre_buffer=False, read_dictionary=paths
        )


class _Bomb(Exception):
    """What unpacks to more than anybody means."""


def _rows(table: _Table, path: str, limits: Limits) -> Iterator[Document | BadRecord]:
    """Documents, a few rows in memory at a time; an unreadable row group costs itself only."""
    import pyarrow as pa

    start = 0
    for group in range(table.groups):
        offset = start
        start += table.group(group).num_rows
        try:
            for batch in table.batches(group):
                for row in _within(batch, limits):
                    table.bytes_left -= 0 if isinstance(row, int) else _length(row)
                    if table.bytes_left < 0:
                        yield BadRecord(path, offset, DECOMPRESSION_BOMB, "the rest is not read")
                        return
                    yield from _row(row, path, offset, limits)
                    offset += 1
        except (pa.ArrowException, OSError, UnicodeDecodeError, NoPages, _Bomb) as error:
            if is_no_fault_of_input(error):
                raise
            bomb = isinstance(error, _Bomb)
            reason = DECOMPRESSION_BOMB if bomb else reasons.UNREADABLE_ROWS
            detail = f"rows {offset} to {start - 1}: {_first_line(error)}"
            yield BadRecord(path, offset, reason, detail, _stored(table.group(group)))


def _rows_at_once(group: pq.RowGroupMetaData) -> int:
    """So many rows of a group that they hold a few megabytes, if all are alike."""
    rows: int = BATCH_BYTES * group.num_rows // max(1, group.total_byte_size)
    return max(1, min(BATCH_ROWS, rows))


def _within(batch: pa.RecordBatch, limits: Limits) -> Iterator[dict[str, Any] | int]:
    """The rows of a batch, or the bytes of one that is too large to be made objects of."""
    if _size(batch) <= limits.record_bytes:
        yield from _values(batch)
        return
    for number in range(batch.num_rows):
        row = batch.slice(number, 1)
        size = _size(row)
        yield from [size] if size > limits.record_bytes else _values(row)


def _size(batch: pa.RecordBatch) -> int:
    """The bytes of rows, of texts that are stored once each time that they stand there."""
    return sum(map(_bytes_of, batch.columns))


def _bytes_of(values: pa.Array) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        return int(_bytes_of(values.flatten())) + 4 * len(values)
    if not pa.types.is_dictionary(values.type):
        return int(values.nbytes)
    lengths = pc.binary_length(values.dictionary).cast(pa.int64()).fill_null(0).to_numpy()
    return int(lengths[values.indices.drop_null().to_numpy()].sum())


def _length(row: dict[str, Any]) -> int:
    """The characters of a row."""
    texts = (value if isinstance(value, list) else [value] for value in row.values())
    return sum(len(text) for some in texts for text in some if isinstance(text, str))


def _values(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of a batch, bytes that are no character as halves of some."""
    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
    except UnicodeDecodeError:
        columns = {
            name: column.cast(_of_bytes(column.type)).to_pylist()
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        }
        return [
            dict(zip(columns, map(_decoded, row), strict=True))
            for row in zip(*columns.values(), strict=True)
        ]
    return rows


def _of_bytes(kind: pa.DataType) -> pa.DataType:
    """The type that holds the bytes of texts, or of lists of them."""
    import pyarrow as pa

    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.large_list(_of_bytes(kind.value_type))
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return pa.large_binary() if text else kind


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(_decoded, value))
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _stored(group: pq.RowGroupMetaData) -> int:
    """The bytes of the file that hold a group of rows, as its end says."""
    sizes = (group.column(number).total_compressed_size for number in range(group.num_columns))
    return sum(max(0, size) for size in sizes)


def _row(
    row: dict[str, Any] | int, path: str, offset: int, limits: Limits
) -> Iterator[Document | BadRecord]:
    if isinstance(row, int):
        yield BadRecord(path, offset, reasons.OVERSIZED_ROW, f"{row} bytes")
        return
    images: Any = row.get("images")
    texts: Any = row.get("texts")
    problem = _why_malformed(images, texts)
    if problem:
        yield BadRecord(path, offset, reasons.MALFORMED_ROW, problem)
        return
    said = [row[name] for name in OPTIONAL if isinstance(row.get(name), str)]
    size = sum(len(text or "") for text in (*images, *texts, *said))
    if size > limits.page_bytes:
        yield BadRecord(path, offset, reasons.OVERSIZED_ROW, f"{size} characters")
        return
    if broken := share_broken(texts, limits):
        yield BadRecord(path, offset, reasons.BROKEN_ENCODING, broken)
        return
    metadata = _json(row.get("metadata"), list)
    if row.get("metadata") and len(metadata) != len(images):
        detail = "is no list as long as the document"
        yield BadRecord(path, offset, reasons.MALFORMED_METADATA, detail)
        metadata = []
    about = _json(row.get("general_metadata"), dict)
    nodes = _nodes(images, texts, metadata)
    yield from document(about.get("url"), path, offset, nodes, limits, record_of(about))


def _why_malformed(images: Any, texts: Any) -> str:
    if not isinstance(images, list) or not isinstance(texts, list):
        return "images and texts are no lists"
    if len(images) != len(texts):
        return f"{len(images)} images and {len(texts)} texts: the lists have to be of one length"
    if not all(isinstance(value, (str, type(None))) for value in (*images, *texts)):
        return "images and texts have to be strings"
    return ""


def _nodes(
    images: list[str | None], texts: list[str | None], metadata: list[Any]
) -> list[ImageNode | TextNode | None]:
    nodes: list[ImageNode | TextNode | None] = []
    for place, (url, text) in enumerate(zip(images, texts, strict=True)):
        if url:
            about = metadata[place] if metadata else None
            alt = about.get("alt_text") if isinstance(about, dict) else ""
            nodes.append(linked_image(url, alt))
        elif text:
            for part in text.split(END_OF_DOCUMENT):
                nodes += paragraphs(part)
    return nodes


def _json(text: Any, kind: type[Any]) -> Any:
    """The JSON value of a column, an empty one of the same kind if it is of another."""
    try:
        value = json.loads(text) if isinstance(text, str) else kind()
    except (ValueError, RecursionError):
        return kind()
    return value if isinstance(value, kind) else kind()


def _first_line(problem: object) -> str:
    return " ".join(str(problem).split())[:120]
