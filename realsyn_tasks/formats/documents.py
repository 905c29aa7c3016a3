"""What every reader of crawls takes in and gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Literal

from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.core.reasons import Reason


@dataclass(frozen=True)
class CrawlFile:
    """One file of a crawl, wherever it lies.

    `path` is relative to the crawl, with forward slashes; `size` is in bytes. `open` returns a new,
    seekable binary stream. Readers jump to images at any offset, so a store that is far away
    should hand out a local copy.
    """

    path: str
    size: int
    open: Callable[[], BinaryIO]


Resolve = Callable[[str], CrawlFile | None]
"""Finds a file of the same crawl by its relative path."""


@dataclass(frozen=True)
class ImageNode:
    """A picture at its place in a document.

    `data` is None where the crawl does not hold the bytes, and, then with a `problem`, where those
    that it holds are of no use. `declared_type` is the media type that the server or the page
    claimed, lower-case, without parameters, "" if none.
    """

    url: str
    data: bytes | None
    alt: str
    caption: str
    declared_type: str
    heading: str = ""  # the nearest one above, where the format knows headings
    licence: str = ""  # its own, where another than the document's is stated for it
    problem: Reason | None = None
    others: tuple[str, ...] = ()  # addresses of the same picture, where the first is not held


@dataclass(frozen=True)
class TextNode:
    """One paragraph-like block, whitespace collapsed, never empty.

    `is_label` says that it names something - a heading, a picture's caption - and is no prose;
    `is_caption` that it is the caption of a picture of the page, which has it as well.
    """

    text: str
    is_label: bool = False
    is_caption: bool = False


@dataclass(frozen=True)
class Record:
    """What a crawl says of one page beside its content; "" is not stated.

    `licence` is an identifier such as CC-BY-SA-4.0 or an address (web.licences), `crawled` a date
    of ISO 8601, `language` the primary subtag of a language tag, such as en.
    """

    title: str = ""
    language: str = ""
    licence: str = ""
    crawled: str = ""


NOTHING_SAID = Record()


@dataclass(frozen=True)
class Document:
    """A page as an ordered list of images and paragraphs.

    `source` is the crawl file it comes from and `offset` the byte where its record starts there.
    `opt_out` is "" or the mark by which the publisher forbids this use; `about` is what is said of
    the page as a whole.
    """

    url: str
    source: str
    offset: int
    nodes: tuple[ImageNode | TextNode, ...]
    opt_out: str = ""
    about: Record = NOTHING_SAID


@dataclass(frozen=True)
class BadRecord:
    """A record or page that gave no document, or an image that gave no bytes, and why.

    `reason` is one of BAD_RECORDS (reasons.py), `detail` is for people and short. `lost` counts the
    bytes of the file, as they are stored, that nothing could be made of.
    """

    source: str
    offset: int
    reason: Reason
    detail: str = ""
    lost: int = 0


class CorruptCrawlFile(PermanentError):
    """A whole crawl file cannot be read, now or later; names the file."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem

    def __reduce__(self) -> tuple[type[CorruptCrawlFile], tuple[str, str]]:
        return type(self), (self.path, self.problem)


class CutCrawlFile(CorruptCrawlFile):
    """A crawl file that ends so early that nothing of it can be read; names the file."""


@dataclass(frozen=True)
class Limits:
    """Bounds on what one record may cost; sizes in bytes, after decoding unless said otherwise."""

    record_bytes: int = 64 << 20  # as stored in the WARC file, HTTP headers included
    page_bytes: int = 8 << 20
    image_bytes: int = 32 << 20
    document_image_bytes: int = 128 << 20  # all images of one page together
    nodes: int = 5_000
    images: int = 300
    replaced_share: float = 0.02  # share of characters that the page's encoding could not give
    broken_frames: int = 1_000  # per file; more of them and the file is not worth reading
    members: int = 1_000_000  # files in one archive
    wrong_digest: Literal["keep", "drop"] = "keep"  # records that can be read all the same
    expansion: int = 200  # bytes that one byte of a file may unpack to; prose gives about 10
