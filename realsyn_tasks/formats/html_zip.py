"""Zip archives that each hold a folder of HTML pages with images beside them.

As with folders, the address of a page is its path, here within the archive; a page's offset is
where its member starts. Pages see the images of their own archive only.
"""

from __future__ import annotations

import io
import mimetypes
import posixpath
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO, cast

from realsyn_tasks.formats import html, reasons
from realsyn_tasks.formats.archives import BROKEN, Archive, names_of, open_archive
from realsyn_tasks.formats.documents import BadRecord, CrawlFile, Document, Limits, Resolve
from realsyn_tasks.formats.heads import Head
from realsyn_tasks.formats.names import Names
from realsyn_tasks.web.sniffing import HEADER, is_page

PAGES = (".html", ".htm", ".xhtml")


def read(
    files: Sequence[CrawlFile], resolve: Resolve, limits: Limits
) -> Iterator[Document | BadRecord]:
    """Documents in the order of the archive's sorted paths; `resolve` is unused."""
    for file in files:
        with file.open() as stream, open_archive(stream, file, limits) as archive:
            yield from archive.refused
            yield from _pages(archive, file.path, limits)


def looks_like(head: Head) -> bool:
    """Say whether a file is a zip whose first members include a page."""
    return any(name.lower().endswith(PAGES) for name in head.names)


def _pages(archive: Archive, path: str, limits: Limits) -> Iterator[Document | BadRecord]:
    """Pages one by one; a member that is broken or longer than it says costs itself only."""
    inside = {member.filename: member for member in archive.members}
    names = Names(inside, ((name, m.filename) for m in archive.members for name in names_of(m)))
    broken: list[BadRecord] = []
    shown: set[str] = set()

    def picture(name: str) -> CrawlFile | None:
        member = inside.get(names.find(name) or "")
        shown.add(member.filename if member else "")
        return _file(member, partial(_whole, archive.zip, member, path, broken)) if member else None

    pages = [member for member in archive.members if _is_page(archive.zip, member)]
    for member in pages:
        page = _file(member, partial(_open, archive.zip, member))
        try:
            for item in html.read([page], picture, limits):
                yield replace(item, source=path, offset=member.header_offset)
        except BROKEN as error:
            broken.append(_damaged(path, member, error))
        yield from broken
        broken.clear()
    for member in archive.members:
        if member.filename not in shown and _label(member).startswith("image/"):
            yield BadRecord(path, member.header_offset, reasons.NOT_SHOWN, member.filename[:120])
    if not pages and not archive.refused:
        yield BadRecord(path, 0, reasons.NO_CONTENT, "no page is in the archive")


def _is_page(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """By its name or, where that says nothing, such as view.php?id=3, by how it begins."""
    name = member.filename.lower()
    if name.endswith(PAGES):
        return True
    if _label(member) not in ("", "text/html", "application/xhtml+xml"):
        return False
    try:
        with archive.open(member) as stream:
            return is_page(stream.read(HEADER), "")
    except BROKEN:
        return False


def _label(member: zipfile.ZipInfo) -> str:
    """What a member is by its name; "" if that says nothing."""
    name = posixpath.basename(member.filename.lower()).partition("?")[0]
    return mimetypes.guess_type(name, strict=False)[0] or ""


def _file(member: zipfile.ZipInfo, opener: partial[BinaryIO]) -> CrawlFile:
    return CrawlFile(member.filename, member.file_size, opener)


def _open(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    return cast(BinaryIO, archive.open(member))


def _whole(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, broken: list[BadRecord]
) -> BinaryIO:
    """All of a picture, whose size the page's reader has looked at; nothing if it is broken."""
    try:
        with archive.open(member) as stream:
            return io.BytesIO(stream.read())
    except BROKEN as error:
        broken.append(_damaged(path, member, error))
    return io.BytesIO()


def _damaged(path: str, member: zipfile.ZipInfo, error: Exception) -> BadRecord:
    detail = f"{member.filename[:80]}: {' '.join(str(error).split())[:120]}"
    return BadRecord(
        path, member.header_offset, reasons.DAMAGED_MEMBER, detail, member.compress_size
    )
