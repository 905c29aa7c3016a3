"""WACZ files, and other zips of WARC files: read as those WARC files one after another.

A record's offset is its place in the archive. Of a WARC file that is packed in it once more, this
is its place behind the archive's end, had the archive unpacked files there.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import accumulate, groupby
from operator import itemgetter
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from realsyn_tasks.formats import reasons, warc
from realsyn_tasks.formats.archives import BROKEN, open_archive
from realsyn_tasks.formats.documents import (
    BadRecord,
    CorruptCrawlFile,
    CrawlFile,
    CutCrawlFile,
    Document,
    Limits,
    Resolve,
)
from realsyn_tasks.formats.heads import Head
from realsyn_tasks.formats.warc_records import PLACE
from realsyn_tasks.formats.warc_unpacked import laid_open

if TYPE_CHECKING:
    from realsyn_tasks.formats import Note
    from realsyn_tasks.formats.warc_index import Row

WARCS = (".warc", ".warc.gz", ".warc.zst")
NESTED = ".wacz"
LIST = "datapackage.json"
_DEEPEST = 3  # archives within archives
_LOCAL = struct.Struct("<4s22xHH")  # the header before a member's bytes


def read(
    files: Sequence[CrawlFile], resolve: Resolve, limits: Limits, note: Note | None = None
) -> Iterator[Document | BadRecord]:
    """Documents of the pages, in the order of the WARC files' names; `resolve` is unused.

    `note` is told of places in the joined files.
    """
    for number, file in enumerate(files):
        own = partial(_noted, note, number) if note else None
        with joined(file, limits) as (whole, problems):
            yield from problems
            if whole:
                for item in warc.read([whole], resolve, limits, own):
                    yield replace(item, offset=_place(item.offset, whole, file))


def _noted(note: Note, number: int, _: int, row: Row) -> None:
    note(number, row)


def pictures(
    files: Sequence[CrawlFile], places: Sequence[tuple[int, int]], limits: Limits
) -> Iterator[bytes]:
    """Read the pictures at some places of the joined files of archives, by number, in order.

    Raises CorruptCrawlFile where there is none.
    """
    for number, own in groupby(places, key=itemgetter(0)):
        with joined(files[number], limits) as (whole, _):
            if whole is None:
                raise CorruptCrawlFile(files[number].path, "holds no WARC file any more")
            yield from warc.pictures([whole], [(0, offset) for _, offset in own], limits)


def looks_like(head: Head) -> bool:
    """Say whether a file is a zip whose first members include a WARC file."""
    names = [name.lower() for name in head.names]
    return any(name.endswith((*WARCS, NESTED)) for name in names)


@contextmanager
def joined(file: CrawlFile, limits: Limits) -> Iterator[tuple[CrawlFile | None, list[BadRecord]]]:
    """Give the WARC files of an archive as one, None if there is none, and what is not in it.

    An archive whose end is lost has no list of its members: it is given as it is, since records
    are found in it wherever they are.
    """
    with ExitStack() as opened:
        parts = _Parts(file, limits, opened)
        try:
            parts.add(file, 0)
        except CutCrawlFile:
            if not file.size:
                raise
            cut = BadRecord(file.path, 0, reasons.FILE_CUT, "the list of its members is not there")
            yield file, [cut]
            return
        if parts.pieces:
            size = sum(piece.size for piece in parts.pieces)
            whole = CrawlFile(file.path, size, _Opener(tuple(parts.pieces)))
            yield whole, parts.problems
        else:
            none = BadRecord(file.path, 0, reasons.NO_CONTENT, "no WARC file is in the archive")
            yield None, [*parts.problems, none]


@dataclass(frozen=True)
class _Piece:
    """Bytes of a file: where it is opened, where they start, and how many they are."""

    file: CrawlFile
    start: int
    size: int


@dataclass
class _Parts:
    """The WARC files of an archive, and of archives in it."""

    file: CrawlFile
    limits: Limits
    opened: ExitStack
    pieces: list[_Piece] = field(default_factory=list)
    problems: list[BadRecord] = field(default_factory=list)
    unpacked: int = 0

    def add(self, file: CrawlFile, depth: int) -> None:
        """Add those of one archive. Raises CorruptCrawlFile if it is none, or a bomb."""
        with file.open() as stream, open_archive(stream, file, self.limits) as archive:
            self.problems += [
                BadRecord(self.file.path, bad.offset, bad.reason, bad.detail)
                for bad in archive.refused
            ]
            sizes = {member.filename: member.file_size for member in archive.members}
            self.problems += _missing(_listed(archive.zip, sizes), sizes, self.file.path)
            for member in archive.members:
                name = member.filename.lower()
                if name.endswith(WARCS) or (name.endswith(NESTED) and depth < _DEEPEST):
                    self._add_member(archive.zip, member, _Piece(file, 0, file.size), depth)

    def _add_member(
        self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, outer: _Piece, depth: int
    ) -> None:
        try:
            piece = self._piece(archive, member, outer)
            inner = CrawlFile(self.file.path, piece.size, _Opener((piece,)))
            if member.filename.lower().endswith(NESTED):
                self.add(inner, depth + 1)
            elif piece.size:
                self._add_warc(piece, inner)
        except (*BROKEN, CorruptCrawlFile) as error:
            self._note(member, error, member.compress_size)

    def _add_warc(self, piece: _Piece, inner: CrawlFile) -> None:
        is_first = not self.pieces
        opening = laid_open(inner, self.limits, is_first)
        opened, torn = self.opened.enter_context(opening)
        self.problems += torn
        self.pieces.append(piece if opened is inner else _Piece(opened, 0, opened.size))

    def _take(self, size: int) -> None:
        """Count what is unpacked to disk, archives within archives and all."""
        self.unpacked += size
        most = max(self.limits.record_bytes, self.file.size * self.limits.expansion)
        if self.unpacked > most:
            raise CorruptCrawlFile(self.file.path, f"is a bomb: more than {most} bytes")

    def _note(self, member: zipfile.ZipInfo, error: Exception, lost: int) -> None:
        detail = f"{member.filename[:80]}: {' '.join(str(error).split())[:120]}"
        place, reason = member.header_offset, reasons.DAMAGED_MEMBER
        self.problems.append(BadRecord(self.file.path, place, reason, detail, lost))

    def _piece(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, outer: _Piece) -> _Piece:
        """Where the bytes of a member are: in the archive, or unpacked on disk."""
        if member.compress_type == zipfile.ZIP_STORED:
            with outer.file.open() as stream:
                stream.seek(member.header_offset)
                _, name, extra = _LOCAL.unpack(stream.read(_LOCAL.size))
            start = member.header_offset + _LOCAL.size + name + extra
            return _Piece(outer.file, start, member.file_size)
        unpacked = self.opened.enter_context(_temporary())
        try:
            with archive.open(member) as stream:
                while data := stream.read(1 << 20):
                    self._take(len(data))
                    unpacked.write(data)
        except BROKEN as error:
            if not unpacked.tell():
                raise
            left = member.file_size - unpacked.tell()
            lost = member.compress_size * max(0, left) // max(1, member.file_size)
            self._note(member, error, lost)
        unpacked.flush()
        size = unpacked.tell()
        return _Piece(CrawlFile(self.file.path, size, partial(_open, unpacked.name)), 0, size)


def _place(offset: int, whole: CrawlFile, file: CrawlFile) -> int:
    """Where a record of the joined files is in the archive; numbers of records stay above."""
    number, place = offset & ~PLACE, offset & PLACE
    opener = whole.open
    if not isinstance(opener, _Opener):
        return offset
    for piece in opener.pieces:
        if place < piece.size:
            inside = piece.file is file
            return number | (piece.start + place if inside else file.size + (offset & PLACE))
        place -= piece.size
    return number | file.size + (offset & PLACE)


def _listed(archive: zipfile.ZipFile, sizes: dict[str, int]) -> dict[str, int]:
    """The sizes in bytes of the files that the archive's own list names."""
    if sizes.get(LIST, 1 << 30) > 64 << 20:
        return {}
    listed: dict[str, int] = {}
    with suppress(*BROKEN, ValueError, RecursionError):
        package: Any = json.loads(archive.read(LIST))
        resources = package.get("resources") if isinstance(package, dict) else None
        for resource in resources if isinstance(resources, list) else ():
            named = resource if isinstance(resource, dict) else {}
            path, size = named.get("path"), named.get("bytes")
            if isinstance(path, str) and isinstance(size, int) and size >= 0:
                listed[path] = size
    return listed


def _missing(listed: dict[str, int], sizes: dict[str, int], path: str) -> Iterator[BadRecord]:
    for name, size in listed.items():
        held = sizes.get(name, 0)
        if held < size and name.lower().endswith((*WARCS, NESTED)):
            detail = f"{name[:80]}: {held} of {size} bytes"
            yield BadRecord(path, 0, reasons.FILE_CUT, detail, size - held)


def _temporary() -> AbstractContextManager[Any]:
    return NamedTemporaryFile(prefix="realsyn-")


def _open(path: str) -> BinaryIO:
    return open(path, "rb")


@dataclass(frozen=True)
class _Opener:
    """Opens pieces as one stream."""

    pieces: tuple[_Piece, ...]

    def __call__(self) -> BinaryIO:
        return cast(BinaryIO, _Joined(self.pieces))


class _Joined(io.RawIOBase):
    """Pieces of files as one stream."""

    def __init__(self, pieces: tuple[_Piece, ...]) -> None:
        self._pieces = pieces
        self._ends = list(accumulate(piece.size for piece in pieces))
        self._streams = [piece.file.open() for piece in pieces]
        self._place = 0

    def read(self, size: int = -1) -> bytes:
        """Read some bytes, up to the end of a piece, or all that is left."""
        if size < 0:
            parts = []
            while part := self.read(1 << 20):
                parts.append(part)
            return b"".join(parts)
        number = bisect_right(self._ends, self._place)
        if number == len(self._pieces) or not size:
            return b""
        piece, end = self._pieces[number], self._ends[number]
        stream = self._streams[number]
        stream.seek(piece.start + self._place - (end - piece.size))
        data = stream.read(min(size, end - self._place))
        self._place += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        start = (0, self._place, self._ends[-1] if self._ends else 0)[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        """Give the place."""
        return self._place

    def seekable(self) -> bool:
        """Say that places can be gone to."""
        return True

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def close(self) -> None:
        """Close all pieces."""
        for stream in self._streams:
            stream.close()
        super().close()
