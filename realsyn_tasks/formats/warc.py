"""WARC files: pages and their images as response records of the same file.

A file is walked twice: first to note where the responses with images start, then page by page,
reading each page's images from where they are. Memory holds one offset per image and the images of
one page, however large the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, BinaryIO

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import (
    BadRecord,
    CorruptCrawlFile,
    CrawlFile,
    CutCrawlFile,
    Document,
    Limits,
    Record,
    Resolve,
)
from realsyn_tasks.formats.heads import Head
from realsyn_tasks.formats.pages import Bytes, Finder, document
from realsyn_tasks.formats.warc_index import Places, Row, What, opt_out_of, rows, why_no_page
from realsyn_tasks.formats.warc_items import Moved, Response, Revisit
from realsyn_tasks.formats.warc_records import responses
from realsyn_tasks.formats.warc_unpacked import laid_open
from realsyn_tasks.web.addresses import canonical, join, join_files, spellings
from realsyn_tasks.web.licences import licence_in_header
from realsyn_tasks.web.reasons import HTTP_STATUS

if TYPE_CHECKING:
    from realsyn_tasks.formats import Note


def read(
    files: Sequence[CrawlFile], resolve: Resolve, limits: Limits, note: Note | None = None
) -> Iterator[Document | BadRecord]:
    """Documents of the pages, in file order, and a BadRecord for every response that gives none.

    Images count as pages' parts: only those that cannot be used are reported. `resolve` is unused:
    what stands in other files is found by what `note` is told of each.
    """
    for number, file in enumerate(files):
        if not file.size:
            raise CutCrawlFile(file.path, "is empty")
        with (
            laid_open(file, limits) as (opened, torn),
            opened.open() as stream,
            opened.open() as images,
        ):
            yield from torn
            finder = _Images(images, file.path, limits, partial(note, number) if note else None)
            for item in responses(stream, file.path, limits, passed=finder.passed):
                if isinstance(item, BadRecord):
                    yield item
                elif isinstance(item, Moved | Revisit):
                    yield from _link(item, file.path, finder)
                else:
                    yield from _page(item, file.path, finder, limits)
            yield from finder.not_shown()


def pictures(
    files: Sequence[CrawlFile], places: Sequence[tuple[int, int]], limits: Limits
) -> Iterator[bytes]:
    """Read the pictures whose records start at some bytes of files, by number, in order.

    Raises CorruptCrawlFile where there is none.
    """
    for number, own in groupby(places, key=itemgetter(0)):
        file = files[number]
        with laid_open(file, limits) as (opened, _), opened.open() as stream:
            for _, offset in own:
                yield _picture(stream, file.path, offset, limits)


def _picture(stream: BinaryIO, path: str, offset: int, limits: Limits) -> bytes:
    response = _response_at(stream, path, offset, limits)
    if response and response.is_image:
        return response.body
    raise CorruptCrawlFile(path, f"holds no picture at {offset} any more")


def _response_at(stream: BinaryIO, path: str, offset: int, limits: Limits) -> Response | None:
    for item in responses(stream, path, limits, start=offset):
        if item.offset != offset:
            break
        # What is told of a record comes before what it holds.
        if isinstance(item, Response):
            return item
    return None


def looks_like(head: Head) -> bool:
    """Say whether a file begins with a WARC record, gzipped or not."""
    return head.packing != "zip" and head.data.startswith(b"WARC/")


def _page(
    response: Response, path: str, finder: _Images, limits: Limits
) -> Iterator[Document | BadRecord]:
    verdict = why_no_page(response)
    if verdict:
        yield BadRecord(path, response.offset, verdict.reason, verdict.detail)
    elif not response.is_image:
        yield from document(
            response.body,
            url=canonical(response.url) or join_files(response.url),
            source=path,
            offset=response.offset,
            charset=response.charset,
            opt_out=opt_out_of(response),
            finder=finder,
            limits=limits,
            known=_known(response),
        )


def _link(item: Moved | Revisit, path: str, finder: _Images) -> Iterator[BadRecord]:
    """Nothing is lost where what it leads to is read as a page or found as a picture."""
    if finder.places.holds(item.url):
        return
    if isinstance(item, Moved):
        detail = f"{item.status} to {item.target[:100]}"
        yield BadRecord(path, item.offset, HTTP_STATUS, detail)
    else:
        yield BadRecord(path, item.offset, reasons.REVISIT, item.original[:120])


def _known(response: Response) -> Record:
    licence = licence_in_header(response.headers.get("link", ""), response.url)
    return Record(licence=licence, crawled=response.date)


def _noted(found: Iterable[Row], note: Callable[[Row], None] | None) -> Iterator[Row]:
    for row in found:
        if note:
            note(row)
        yield row


class _Images(Finder):
    """Images of one WARC file by whatever leads to them."""

    def __init__(
        self,
        stream: BinaryIO,
        path: str,
        limits: Limits,
        note: Callable[[Row], None] | None = None,
    ) -> None:
        self.stream = stream
        self.path = path
        self.limits = limits
        self.note = note
        self.is_all = note is None  # or else other files may hold what is no picture here
        self.shown: set[int] = set()  # offsets
        self.passed: dict[int, int] = {}  # records of pictures, which are read when asked for
        self.places = Places(_noted(rows(stream, path, limits, self.passed), note))

    def address(self, page: str, base: str, reference: str, encoding: str) -> str:
        """As browsers ask for it, unless the crawl has it as others ask."""
        where = join(page, base) or join_files(page, base) or page
        asked = spellings(where, reference, encoding) or [join_files(where, reference)]
        held = (address for address in asked if self.places.image(address) is not None)
        return asked[0] if len(asked) == 1 else next(held, asked[0])

    def find(self, address: str) -> Bytes | Verdict | None:
        offset = self.places.image(address) if self.is_all else self.places.sure_image(address)
        if offset is None:
            unusable = self.is_all and self.places.is_unusable(address)
            return Verdict(reasons.UNUSABLE_PICTURE, address[:120]) if unusable else None
        self.shown.add(offset)
        response = _response_at(self.stream, self.path, offset, self.limits)
        return Bytes(response.body, response.media_type) if response else None

    def not_shown(self) -> Iterator[BadRecord]:
        """What pages did not ask for; where those of other files may, it is noted."""
        for offset in self.places.images():
            if offset in self.shown:
                continue
            if self.note:
                self.note(Row(What.NOT_SHOWN, offset, ("",)))
            else:
                yield BadRecord(self.path, offset, reasons.NOT_SHOWN)
