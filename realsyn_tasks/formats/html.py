"""Plain folders of HTML pages, with images beside them.

The address of a page is its path within the folder. References are followed inside the folder only.
"""

from __future__ import annotations

import codecs
import mimetypes
import re
from collections.abc import Iterator, Sequence

from realsyn_tasks.core.reasons import Refused, Verdict
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import BadRecord, CrawlFile, Document, Limits, Resolve
from realsyn_tasks.formats.frames import GZIP, ZSTD
from realsyn_tasks.formats.heads import Head
from realsyn_tasks.formats.names import paths_of
from realsyn_tasks.formats.pages import Bytes, Finder, document
from realsyn_tasks.web.addresses import MAX_URL, join, path_inside
from realsyn_tasks.web.codings import decoded
from realsyn_tasks.web.reasons import EMPTY, OVERSIZED_BODY

_PACKINGS = {GZIP: "gzip", ZSTD: "zstd"}
_NOTES = b"\x00\x05\x16\x07"  # of macOS on another file, which has their name without "._"
_MARKUP = re.compile(
    rb"(?><\?xml[^>]*>|<!--.*?-->|\s)*+<(!doctype\s+html|html|head|body)\b", re.I | re.S
)


def read(
    files: Sequence[CrawlFile], resolve: Resolve, limits: Limits
) -> Iterator[Document | BadRecord]:
    """One document per page; `resolve` finds images by their path in the folder."""
    for file in files:
        yield from _page(file, _Images(resolve, limits), limits)


def looks_like(head: Head) -> bool:
    """Say whether a file begins with a page's markup."""
    beginning = head.data[:1024].removeprefix(codecs.BOM_UTF8).lstrip()
    return head.packing != "zip" and bool(_MARKUP.match(beginning))


def _page(file: CrawlFile, finder: Finder, limits: Limits) -> Iterator[Document | BadRecord]:
    if not file.size:
        yield BadRecord(file.path, 0, reasons.EMPTY_FILE)
        return
    data = _read_capped(file, limits.page_bytes)
    if data is None:
        yield BadRecord(file.path, 0, OVERSIZED_BODY, f"more than {limits.page_bytes} bytes")
        return
    if data.startswith(_NOTES):
        yield BadRecord(file.path, 0, reasons.NOT_HTML, "notes of macOS on another file")
        return
    try:
        page = _unpacked(data, limits.page_bytes)
    except Refused as problem:
        yield BadRecord(file.path, 0, problem.verdict.reason, problem.verdict.detail)
        return
    yield from document(
        page,
        url=file.path,
        source=file.path,
        offset=0,
        charset="",
        opt_out="",
        finder=finder,
        limits=limits,
    )


def _unpacked(data: bytes, cap: int) -> bytes:
    """A page that a server keeps packed, or as it is. Raises Refused."""
    packing = next((name for mark, name in _PACKINGS.items() if data.startswith(mark)), "")
    return decoded(data, packing, cap).data


def _read_capped(file: CrawlFile, cap: int) -> bytes | None:
    if file.size > cap:
        return None
    with file.open() as stream:
        data = stream.read(cap + 1)
    return data if len(data) <= cap else None


class _Images(Finder):
    """Pictures of one page, which may stand anywhere in its folder, by whatever name."""

    def __init__(self, resolve: Resolve, limits: Limits) -> None:
        self.resolve = resolve
        self.limits = limits
        self.files: dict[str, CrawlFile] = {}  # by address

    def address(self, page: str, base: str, reference: str, encoding: str) -> str:
        """The address that the page says, if it has a host, or else the path in the folder."""
        if len(reference) > MAX_URL:
            return ""
        said = join("", reference)
        for path in paths_of(page, base, reference, encoding):
            file = self.resolve(path)
            if file:
                return self._keep(said or file.path, file)
        # A base that ends in a slash is a folder; any file in it stands for it.
        start = path_inside(page, f"{base}x" if base.endswith("/") else base) if base else page
        return said or path_inside(start or page, reference) or ""

    def _keep(self, address: str, file: CrawlFile) -> str:
        self.files[address] = file
        return address

    def find(self, address: str) -> Bytes | Verdict | None:
        file = self.files.get(address)
        if file is None:
            return None
        data = _read_capped(file, self.limits.image_bytes)
        if data is None:
            detail = f"{address[:80]}: over {self.limits.image_bytes} bytes"
            return Verdict(OVERSIZED_BODY, detail)
        if not data:
            return Verdict(reasons.DAMAGED_MEMBER if file.size else EMPTY, address[:120])
        return Bytes(data, mimetypes.guess_type(file.path)[0] or "")
