"""Lines of files that may be compressed, damaged, endless, or bombs.

How a file is packed is told by how it begins, and by its name only where that says nothing.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.archives import BROKEN, open_archive
from realsyn_tasks.formats.documents import (
    BadRecord,
    CorruptCrawlFile,
    CrawlFile,
    CutCrawlFile,
    Limits,
)
from realsyn_tasks.formats.frames import DICTIONARY, GZIP, ZSTD, Frames, Unpacked
from realsyn_tasks.formats.heads import ZIP
from realsyn_tasks.web.reasons import DECOMPRESSION_BOMB

_PACKED = {".gz": "gzip", ".zip": "zip", ".zst": "zstd"}
_MARKS = {GZIP: "gzip", ZIP: "zip", ZSTD: "zstd", DICTIONARY: "zstd"}
SKIP = 1 << 20  # bytes read at once of a line that is not wanted


def read_lines(file: CrawlFile, limits: Limits) -> Iterator[tuple[int, bytes | BadRecord]]:
    """Number and bytes of each line, one in memory at a time.

    A line that is too long costs itself; damage or a bomb ends the file with a BadRecord. Raises
    CorruptCrawlFile if there is no line at all.
    """
    if not file.size:
        raise CutCrawlFile(file.path, "is empty")
    number = total = 0
    with ExitStack() as opened:
        whole = opened.enter_context(file.open())
        try:
            for stream in _streams(whole, file, opened, limits):
                if isinstance(stream, BadRecord):
                    yield number, stream
                    continue
                while line := stream.readline(limits.page_bytes + 1):
                    total += len(line)
                    if len(line) > limits.page_bytes:
                        total += _skip_line(stream, line)
                        yield number, _bad(file, number, reasons.OVERSIZED_LINE, limits.page_bytes)
                    else:
                        yield number, line
                    number += 1
                    if total > max(limits.record_bytes, file.size * limits.expansion):
                        yield number, _bad(file, number, DECOMPRESSION_BOMB, total)
                        return
        except BROKEN as error:
            detail = " ".join(str(error).split())[:120]
            if not number:
                corrupt = CutCrawlFile if isinstance(error, EOFError) else CorruptCrawlFile
                raise corrupt(file.path, detail) from error
            yield number, _broken_off(file, number, error, whole)
    if not number:
        raise CorruptCrawlFile(file.path, "holds no line")


def _broken_off(file: CrawlFile, number: int, error: Exception, stream: BinaryIO) -> BadRecord:
    """What is to say of a file that cannot be read to its end."""
    detail = " ".join(str(error).split())[:120]
    if isinstance(error, EOFError):
        return BadRecord(file.path, number, reasons.FILE_CUT, detail)
    lost = max(0, file.size - stream.tell())
    return BadRecord(file.path, number, reasons.DAMAGED_FILE, detail, lost)


def read_objects(
    file: CrawlFile, limits: Limits
) -> Iterator[tuple[int, dict[str, Any] | BadRecord]]:
    """Number and JSON object of each line that is not blank, or why it has none."""
    for number, line in read_lines(file, limits):
        if isinstance(line, BadRecord):
            yield number, line
        elif line.strip():
            yield number, _object(line, file, number)


def _object(line: bytes, file: CrawlFile, number: int) -> dict[str, Any] | BadRecord:
    try:
        row = json.loads(_text(line))
    except (ValueError, RecursionError) as error:
        whole = line.endswith(b"\n") or not line.lstrip().startswith(b"{")
        reason = reasons.MALFORMED_JSON if whole else reasons.FILE_CUT
        return BadRecord(file.path, number, reason, str(error)[:120], len(line))
    if not isinstance(row, dict):
        return BadRecord(file.path, number, reasons.MALFORMED_ROW, "has to be an object")
    return row


def _text(line: bytes) -> bytes | str:
    """The line; bytes that are no character as halves of some, which cost what they stand in."""
    try:
        line.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        if b"\0" not in line:  # as UTF-16 has, which json can tell by
            return line.decode("utf-8", "surrogateescape")
    return line


def _streams(
    stream: BinaryIO, file: CrawlFile, opened: ExitStack, limits: Limits
) -> Iterator[BinaryIO | BadRecord]:
    """The streams of a file, several if it is an archive, and members that are refused."""
    packing = _packing(stream, file.path)
    if packing == "gzip":
        yield cast(BinaryIO, opened.enter_context(gzip.GzipFile(fileobj=stream)))
    elif packing == "zstd":
        yield opened.enter_context(io.BufferedReader(Unpacked(Frames(stream)), SKIP))
    elif packing == "zip":
        archive = opened.enter_context(open_archive(stream, file, limits))
        yield from archive.refused
        for member in archive.members:
            yield cast(BinaryIO, opened.enter_context(archive.zip.open(member)))
    else:  # not every store's streams know lines
        yield opened.enter_context(io.BufferedReader(cast(io.RawIOBase, stream), SKIP))


def _packing(stream: BinaryIO, path: str) -> str:
    start = stream.read(64)
    stream.seek(0)
    known = (mark for mark in _MARKS if start.startswith(mark))
    if mark := next(known, b""):
        return _MARKS[mark]
    return "" if start.lstrip().startswith(b"{") else _PACKED.get(PurePath(path.lower()).suffix, "")


def _skip_line(stream: BinaryIO, start: bytes) -> int:
    """Read on to the end of a line; the number of bytes passed over."""
    skipped, part = 0, start
    while part and not part.endswith(b"\n"):
        part = stream.readline(SKIP)
        skipped += len(part)
    return skipped


def _bad(file: CrawlFile, number: int, reason: Reason, size: int) -> BadRecord:
    return BadRecord(file.path, number, reason, f"more than {size} bytes")
