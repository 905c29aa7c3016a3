"""Readers of crawls: files in, documents out. One module per format, listed in `FORMATS`.

A crawl is of one format: the one that whoever opens it names, or what its files are by their
beginnings and their names (`discover`); what was found is pinned in the extract's configuration.
Every file is a shard of its own, but for pages that lie in a folder, of which many make one.
Readers stream: memory holds one record and its images, a few rows, or a line, however large the
file. What cannot be read becomes a BadRecord with a reason, and the rest of the file is read on.

Another format is one module with `read` and `looks_like`, one line in the table, and one builder in
tests/formats/builders.py, by which it has to pass the contract of all formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from realsyn_tasks.formats.documents import (
    BadRecord,
    CorruptCrawlFile,
    CrawlFile,
    Document,
    ImageNode,
    Limits,
    Record,
    Resolve,
    TextNode,
)
from realsyn_tasks.formats.heads import Head

if TYPE_CHECKING:  # who opens an extract reads no file
    from realsyn_tasks.formats.warc_index import Row

__all__ = [
    "FORMATS",
    "BadRecord",
    "CorruptCrawlFile",
    "CrawlFile",
    "Document",
    "FormatSpec",
    "ImageNode",
    "Limits",
    "Listing",
    "Note",
    "Place",
    "Record",
    "Resolve",
    "TextNode",
    "group_into_shards",
    "in_words",
    "pictures",
    "read",
    "reader_of",
]

Listing = Iterable[tuple[str, int]]
"""Paths relative to the crawl, and sizes in bytes."""

Note = Callable[[int, "Row"], None]
"""Takes what a record of a file, by its number among those of the shard, holds or leads to."""

Place = tuple[int, int]
"""The number of a file of the shard, and the byte where a record of it starts."""


class Reader(Protocol):
    """What the module of a format has."""

    def read(
        self, files: Sequence[CrawlFile], resolve: Resolve, limits: Limits
    ) -> Iterator[Document | BadRecord]:
        """Read the documents of files in order, and what gave none."""
        ...

    def looks_like(self, head: Head) -> bool:
        """Say whether a file that begins like this is surely of the format."""
        ...


class ReaderOfAny(Protocol):
    """What the module of a format has where a page's picture may stand in any file."""

    def read(
        self, files: Sequence[CrawlFile], resolve: Resolve, limits: Limits, note: Note
    ) -> Iterator[Document | BadRecord]:
        """Read the documents of files in order, and note what each of their records holds."""
        ...

    def pictures(
        self, files: Sequence[CrawlFile], places: Sequence[Place], limits: Limits
    ) -> Iterator[bytes]:
        """Read the pictures at some places of files."""
        ...


@dataclass(frozen=True)
class FormatSpec:
    """Where a format's reader lives, what people call its files, and how they make shards.

    `files_per_shard` bounds a shard where files are small; with 1, every file is a shard of its
    own. `linked_images` says that the images are known by address only: then the stage `fetch` is
    part of its extracts. `shows_files` says that documents show files that lie beside them.
    `any_file` says that a page's picture may stand in any file of the crawl: then its module is a
    ReaderOfAny.
    """

    module: str
    title: str
    suffixes: tuple[str, ...]
    files_per_shard: int = 1
    linked_images: bool = False
    shows_files: bool = False
    any_file: bool = False


FORMATS = {
    "warc": FormatSpec(
        "realsyn_tasks.formats.warc",
        "WARC files",
        (".warc", ".warc.gz", ".warc.zst"),
        any_file=True,
    ),
    "wacz": FormatSpec(
        "realsyn_tasks.formats.wacz",
        "WACZ files, and zips of WARC files",
        (".wacz", ".warc.zip"),
        any_file=True,
    ),
    "html": FormatSpec(
        "realsyn_tasks.formats.html",
        "folders of HTML pages",
        tuple(f".{name}{packed}" for name in ("html", "htm", "xhtml") for packed in ("", ".gz")),
        200,
        shows_files=True,
    ),
    "obelics": FormatSpec(
        "realsyn_tasks.formats.obelics", "OBELICS rows", (".parquet",), linked_images=True
    ),
    "mmc4": FormatSpec(
        "realsyn_tasks.formats.mmc4",
        "MMC4 lines",
        tuple(
            f".{name}{packed}"
            for name in ("jsonl", "ndjson")
            for packed in ("", ".gz", ".zst", ".zip")
        ),
        linked_images=True,
    ),
    "html_zip": FormatSpec("realsyn_tasks.formats.html_zip", "zips of HTML pages", (".zip",)),
}


def in_words() -> str:
    """Name all formats for people."""
    return ", ".join(spec.title for spec in FORMATS.values())


def reader_of(format: str) -> Reader:
    """Import the module of a format."""
    return cast(Reader, import_module(FORMATS[format].module))


def group_into_shards(
    documents: Listing, format: str, max_bytes: int = 256 << 20
) -> list[list[str]]:
    """Give a crawl's document files as shards, each a list of paths; sorted, so always the same."""
    limit = FORMATS[format].files_per_shard
    shards: list[list[str]] = []
    filled = max_bytes + 1
    for path, size in sorted(documents):
        if filled + size > max_bytes or len(shards[-1]) >= limit:
            shards.append([])
            filled = 0
        shards[-1].append(path)
        filled += size
    return shards


def read(
    format: str,
    files: Sequence[CrawlFile],
    resolve: Resolve,
    limits: Limits | None = None,
    note: Note | None = None,
) -> Iterator[Document | BadRecord]:
    """Read the documents of one shard in the order of its files, and what gave none.

    With `note`, a format of `any_file` notes besides what the files hold.
    Raises CorruptCrawlFile, which trying again does not mend, if a file as a whole is unreadable.
    """
    if note is None:
        yield from reader_of(format).read(files, resolve, limits or Limits())
    else:
        yield from _reader_of_any(format).read(files, resolve, limits or Limits(), note)


def pictures(
    format: str, files: Sequence[CrawlFile], places: Sequence[Place], limits: Limits
) -> Iterator[bytes]:
    """Read the pictures at some places of a shard's files, each in its turn.

    Raises CorruptCrawlFile where there is none.
    """
    yield from _reader_of_any(format).pictures(files, places, limits)


def _reader_of_any(format: str) -> ReaderOfAny:
    return cast(ReaderOfAny, import_module(FORMATS[format].module))
