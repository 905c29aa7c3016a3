"""Zip archives from strangers: listed, checked, never unpacked to disk."""

from __future__ import annotations

import lzma
import posixpath
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import (
    BadRecord,
    CorruptCrawlFile,
    CrawlFile,
    CutCrawlFile,
    Limits,
)
from realsyn_tasks.formats.heads import ZIP

BROKEN = (
    *(OSError, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError),
    *(zlib.error, lzma.LZMAError, struct.error, zipfile.BadZipFile),
)
"""What reading damaged packed bytes may raise."""

_IN_UTF8 = 0x800
_TAIL = (1 << 16) + 256  # bytes at the end, where it is said how long the list of files is
_IN_64_BITS = 0xFFFFFFFF
_LEAST_ENTRY = 46  # bytes of such a list, for each file
_UNICODE_PATH = 0x7075
_DRIVE = re.compile(r"[A-Za-z]:/")
_CODE_PAGES = (
    *("utf-8", "cp437", "cp1252", "cp850", "cp1251", "cp866", "cp1250", "cp852"),
    *("cp932", "gb18030", "big5hkscs", "cp949"),
)


@dataclass
class Archive:
    """The members of an archive that may be read, and why the others may not."""

    zip: zipfile.ZipFile
    members: list[zipfile.ZipInfo] = field(default_factory=list)
    refused: list[BadRecord] = field(default_factory=list)


@contextmanager
def open_archive(stream: BinaryIO, file: CrawlFile, limits: Limits) -> Iterator[Archive]:
    """Open an archive and list its files by name.

    Raises CorruptCrawlFile if it is none, or if the whole is a bomb: too many members, members
    that share their bytes, or more bytes than its size can honestly hold.
    """
    if _listed(stream, limits.members) > limits.members:
        raise CorruptCrawlFile(file.path, f"holds more than {limits.members} files")
    try:
        opened = zipfile.ZipFile(stream)
    except (*BROKEN, ValueError) as error:
        corrupt = CutCrawlFile if not file.size or _is_begun(stream) else CorruptCrawlFile
        raise corrupt(file.path, f"is no zip archive: {error}") from error
    with opened:
        _refuse_bombs(opened.infolist(), file, limits)
        archive = Archive(opened)
        listed: set[int] = set()
        for member in opened.infolist():
            member.filename = name_of(member)
        files = sorted(opened.infolist(), key=lambda item: item.filename)
        notes = [member for member in files if _is_note(member.filename)]
        for member in files:
            if (member.filename and member.is_dir()) or _is_note(member.filename):
                continue
            problem = _why_refused(member, listed)
            listed.add(member.header_offset)
            if problem:
                detail = f"{problem}: {member.filename[:80]!r}"
                archive.refused.append(
                    BadRecord(file.path, member.header_offset, reasons.UNSAFE_MEMBER, detail)
                )
            else:
                archive.members.append(member)
        if notes:
            archive.refused.append(_notes(file.path, notes))
        yield archive


def _is_begun(stream: BinaryIO) -> bool:
    """Say whether this is the beginning of an archive whose end, the list of members, is lost."""
    stream.seek(0)
    return stream.read(len(ZIP)) == ZIP


def _listed(stream: BinaryIO, most: int) -> int:
    """Bound the files that an archive lists, before a list of them takes memory.

    What it says of their number may be wrong; the bytes of its list are what is read.
    """
    end = stream.seek(0, 2)
    stream.seek(max(0, end - _TAIL))
    tail = stream.read(_TAIL)
    place, wide = tail.rfind(b"PK\5\6"), tail.rfind(b"PK\6\6")
    size = int.from_bytes(tail[place + 12 : place + 16], "little") if place >= 0 else 0
    if size == _IN_64_BITS and wide >= 0:
        place, size = wide, int.from_bytes(tail[wide + 40 : wide + 48], "little")
    stream.seek(0)
    if size // _LEAST_ENTRY <= most:
        return size // _LEAST_ENTRY
    stop = end - len(tail) + place
    stream.seek(max(0, stop - size))
    count = _count(stream, b"PK\1\2", min(size, stop))
    stream.seek(0)
    return count


def _count(stream: BinaryIO, mark: bytes, size: int) -> int:
    count, kept = 0, b""
    while size > 0 and (piece := stream.read(min(size, 1 << 20))):
        count += (kept + piece).count(mark)
        kept, size = piece[1 - len(mark) :], size - len(piece)
    return count


def _refuse_bombs(members: list[zipfile.ZipInfo], file: CrawlFile, limits: Limits) -> None:
    if len(members) > limits.members:
        raise CorruptCrawlFile(file.path, f"holds more than {limits.members} files")
    # One that is listed twice is refused by itself.
    packed = {member.header_offset: member.compress_size for member in members}
    if sum(packed.values()) > file.size:
        raise CorruptCrawlFile(file.path, "is a bomb: its files share their bytes")
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(limits.record_bytes, file.size * limits.expansion):
        raise CorruptCrawlFile(file.path, f"is a bomb: {unpacked} bytes in {file.size}")


def name_of(member: zipfile.ZipInfo) -> str:
    """Give a member's path as whoever packed it meant it: in Unicode, with forward slashes."""
    name = next(iter(names_of(member)), member.filename).replace("\\", "/")
    plain = posixpath.normpath(name.strip("/")) if name.strip("/") else ""
    return f"{'/' * name.startswith('/')}{plain}{'/' * name.endswith('/')}"


def names_of(member: zipfile.ZipInfo) -> list[str]:
    """Give the names that a member's bytes may spell, the likeliest first.

    Many programs say in no way that a name is UTF-8 (macOS) or of which code page (Windows).
    """
    if member.flag_bits & _IN_UTF8 or member.orig_filename.isascii():
        return [member.orig_filename]
    spelled = []
    data = member.orig_filename.encode("cp437")
    for codec in _CODE_PAGES:
        with suppress(UnicodeDecodeError):
            spelled.append(data.decode(codec))
    return [*_in_extra(member, data), *spelled]


def _in_extra(member: zipfile.ZipInfo, name: bytes) -> list[str]:
    """The name in the field of Info-ZIP for Unicode paths, if that is about this name."""
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        value, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and value[1:5] == struct.pack("<L", zlib.crc32(name)):
            return [value[5:].decode("utf-8", "replace")]
    return []


def _is_note(name: str) -> bool:
    """Whether this is what macOS notes on another file, or on a folder."""
    last = posixpath.basename(name)
    return name.startswith("__MACOSX/") or last.startswith("._") or last == ".DS_Store"


def _notes(path: str, notes: list[zipfile.ZipInfo]) -> BadRecord:
    detail = f"{len(notes)} notes of macOS on other files, such as {notes[0].filename[:80]}"
    return BadRecord(path, notes[0].header_offset, reasons.NOT_HTML, detail)


def _why_refused(member: zipfile.ZipInfo, listed: set[int]) -> str:
    if member.header_offset in listed:
        return "is listed twice"
    name = member.filename
    if not name or "\0" in name or name.startswith("/") or _DRIVE.match(name):
        return "no relative path"
    if name.partition("/")[0] == "..":
        return "leads out of the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    return "is encrypted" if member.flag_bits & 1 else ""
