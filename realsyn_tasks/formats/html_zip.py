"""Zip archives that each hold a folder of HTML pages with images beside them.

As with folders, the address of a page is its path, here within the archive; a page's offset is
where its member starts. Pages see the images of their own archive only.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import BinaryIO, cast

from realsyn_tasks.formats import html
from realsyn_tasks.formats.archives import Archive, open_archive
from realsyn_tasks.formats.documents import BadRecord, CrawlFile, Document, Limits, Resolve
from realsyn_tasks.formats.lines import BROKEN

PAGES = (".html", ".htm", ".xhtml")


def read(
    files: Sequence[CrawlFile], resolve: Resolve, limits: Limits
) -> Iterator[Document | BadRecord]:
    """Documents in the order of the archive's sorted paths; `resolve` is unused."""
    for file in files:
        with file.open() as stream, open_archive(stream, file, limits) as archive:
            yield from archive.refused
            yield from _pages(archive, file.path, limits)


def _pages(archive: Archive, path: str, limits: Limits) -> Iterator[Document | BadRecord]:
    """Pages one by one; a member that is broken or longer than it says costs itself only."""
    inside = {member.filename: member for member in archive.members}

    def picture(name: str) -> CrawlFile | None:
        member = inside.get(name)
        return _file(member, partial(_whole, archive.zip, member)) if member else None

    for member in archive.members:
        if not member.filename.lower().endswith(PAGES):
            continue
        page = _file(member, partial(_open, archive.zip, member))
        try:
            for item in html.read([page], picture, limits):
                yield replace(item, source=path, offset=member.header_offset)
        except BROKEN as error:
            detail = f"{member.filename[:80]}: {' '.join(str(error).split())[:120]}"
            yield BadRecord(path, member.header_offset, "damaged_member", detail)


def _file(member: zipfile.ZipInfo, opener: partial[BinaryIO]) -> CrawlFile:
    return CrawlFile(member.filename, member.file_size, opener)


def _open(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    return cast(BinaryIO, archive.open(member))


def _whole(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    """All of a picture, whose size the page's reader has looked at; nothing if it is broken."""
    data = b""
    with suppress(*BROKEN), archive.open(member) as stream:
        data = stream.read()
    return io.BytesIO(data)
