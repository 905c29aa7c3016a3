"""Zip archives from strangers: listed, checked, never unpacked to disk."""

from __future__ import annotations

import lzma
import posixpath
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import BadRecord, CorruptCrawlFile, CrawlFile, Limits

BROKEN = (
    *(OSError, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError),
    *(zlib.error, lzma.LZMAError, struct.error, zipfile.BadZipFile),
)
"""What reading damaged packed bytes may raise."""


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
    try:
        opened = zipfile.ZipFile(stream)
    except (*BROKEN, ValueError) as error:
        raise CorruptCrawlFile(file.path, f"is no zip archive: {error}") from error
    with opened:
        _refuse_bombs(opened.infolist(), file, limits)
        archive = Archive(opened)
        listed: set[int] = set()
        for member in sorted(opened.infolist(), key=lambda item: item.filename):
            if member.filename and member.is_dir():
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
        yield archive


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


def _why_refused(member: zipfile.ZipInfo, listed: set[int]) -> str:
    if member.header_offset in listed:
        return "is listed twice"
    name = member.filename
    if not name or "\\" in name or "\0" in name or ":" in name or name.startswith("/"):
        return "no relative path"
    if posixpath.normpath(name) != name or name.startswith("../"):
        return "leads out of the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    return "is encrypted" if member.flag_bits & 1 else ""
