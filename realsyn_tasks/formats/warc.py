"""WARC files: pages and their images as response records of the same file.

A file is walked twice: first to note where the responses with images start, then page by page,
reading each page's images from where they are. Memory holds one offset per image and the images of
one page, however large the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import (
    BadRecord,
    CorruptCrawlFile,
    CrawlFile,
    Document,
    Limits,
    Record,
    Resolve,
)
from realsyn_tasks.formats.heads import Head
from realsyn_tasks.formats.pages import Bytes, Finder, document
from realsyn_tasks.formats.warc_records import Moved, Response, Revisit, responses
from realsyn_tasks.web.addresses import canonical, join
from realsyn_tasks.web.licences import licence_in_header
from realsyn_tasks.web.opt_out import opt_out_in
from realsyn_tasks.web.reasons import HTTP_STATUS, OPT_OUT

_PAGE_TYPES = ("text/html", "application/xhtml+xml")


def read(
    files: Sequence[CrawlFile], resolve: Resolve, limits: Limits
) -> Iterator[Document | BadRecord]:
    """Documents of the pages, in file order, and a BadRecord for every response that gives none.

    Images count as pages' parts: only those that cannot be used are reported. `resolve` is unused,
    since a WARC file is complete in itself.
    """
    for file in files:
        if not file.size:
            raise CorruptCrawlFile(file.path, "is empty")
        with file.open() as stream, file.open() as images:
            finder = _Images(images, file.path, limits)
            for item in responses(stream, file.path, limits):
                if isinstance(item, BadRecord):
                    yield item
                elif isinstance(item, Moved):
                    yield BadRecord(file.path, item.offset, HTTP_STATUS, _redirected(item))
                elif isinstance(item, Revisit):
                    yield from _revisit(item, file.path, finder)
                else:
                    yield from _page(item, file.path, finder, limits)


def looks_like(head: Head) -> bool:
    """Say whether a file begins with a WARC record, gzipped or not."""
    return head.packing != "zip" and head.data.startswith(b"WARC/")


def _page(
    response: Response, path: str, finder: _Images, limits: Limits
) -> Iterator[Document | BadRecord]:
    verdict = _why_no_page(response)
    if verdict:
        yield BadRecord(path, response.offset, verdict.reason, verdict.detail)
    elif not response.is_image:
        yield from document(
            response.body,
            url=canonical(response.url),
            source=path,
            offset=response.offset,
            charset=response.charset,
            opt_out=_opt_out(response),
            finder=finder,
            limits=limits,
            known=_known(response),
        )


def _redirected(item: Moved) -> str:
    return f"{item.status} to {item.target[:100]}"


def _revisit(item: Revisit, path: str, finder: _Images) -> Iterator[BadRecord]:
    """An image seen again has its bytes; a page seen again would be its own repetition."""
    if canonical(item.url) not in finder.offsets:
        yield BadRecord(path, item.offset, reasons.REVISIT, item.original[:120])


def _why_no_page(response: Response) -> Verdict | None:
    """Why the response is neither a page nor a usable image."""
    if response.status != 200:
        return Verdict(HTTP_STATUS, str(response.status))
    if response.is_image:
        if response.cut:
            detail = "the crawler stored only the beginning of the image"
            return Verdict(reasons.TRUNCATED_RECORD, detail)
        return Verdict(OPT_OUT, _opt_out(response)) if _opt_out(response) else None
    looks_like_page = response.body.lstrip()[:64].lower().startswith((b"<!doctype html", b"<html"))
    if response.media_type in _PAGE_TYPES or (not response.media_type and looks_like_page):
        return None
    return Verdict(reasons.NOT_HTML, response.media_type)


def _known(response: Response) -> Record:
    licence = licence_in_header(response.headers.get("link", ""), response.url)
    return Record(licence=licence, crawled=response.date)


def _opt_out(response: Response) -> str:
    return opt_out_in(lambda header: [response.headers.get(header, "")])


class _Images(Finder):
    """Images of one WARC file by address; the first usable response for an address counts."""

    def __init__(self, stream: BinaryIO, path: str, limits: Limits) -> None:
        self.stream = stream
        self.path = path
        self.limits = limits
        self.offsets: dict[str, int] = {}
        seen_again: list[Revisit] = []
        for item in responses(stream, path, limits):
            if isinstance(item, Revisit):
                seen_again.append(item)
            elif isinstance(item, Response) and item.is_image and not _why_no_page(item):
                self.offsets.setdefault(canonical(item.url), item.offset)
        for item in seen_again:
            original = self.offsets.get(canonical(item.original))
            if original is not None:
                self.offsets.setdefault(canonical(item.url), original)

    def address(self, page: str, base: str, reference: str) -> str:
        return join(join(page, base) or page, reference)

    def find(self, address: str) -> Bytes | None:
        offset = self.offsets.get(address)
        if offset is None:
            return None
        for item in responses(self.stream, self.path, self.limits, start=offset):
            return Bytes(item.body, item.media_type) if isinstance(item, Response) else None
        return None
