"""Readers of crawls: files in, documents out. One module per format, listed in `FORMATS`.

A crawl is of one format, told by the names of its files:

    warc      .warc .warc.gz                   pages and images as the crawler saw them
    html      .html .htm .xhtml                a folder of pages, images beside them
    obelics   .parquet                         columns images, texts, metadata, general_metadata
    mmc4      .jsonl .jsonl.gz .jsonl.zip      text_list and image_info in every line
    html_zip  .zip                             each a folder of pages, images beside them

Every file is a shard of its own, but for HTML pages, of which many make one. Readers stream: memory
holds one record and its images, a few rows, or a line, however large the file. What cannot be read
becomes a BadRecord with a reason, and the rest of the file is read on.

Another format is one module with `read` and one entry in the table. If it names its images by
address only, say so there (`linked_images`): then the stage `fetch` is part of its extracts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module

from realsyn_tasks.formats.documents import (
    BadRecord,
    CorruptCrawlFile,
    CrawlFile,
    Document,
    ImageNode,
    Limits,
    Resolve,
    TextNode,
)

__all__ = [
    "FORMATS",
    "BadRecord",
    "CorruptCrawlFile",
    "CrawlFile",
    "Document",
    "Format",
    "ImageNode",
    "Limits",
    "Resolve",
    "TextNode",
    "UnknownFormat",
    "discover",
    "group_into_shards",
    "may_lack_images",
    "read",
]

Listing = Iterable[tuple[str, int]]
"""Paths relative to the crawl, and sizes in bytes."""


@dataclass(frozen=True)
class Format:
    """Where a format's reader lives, which files carry documents, and how they make shards.

    A module has `read(files, resolve, limits) -> Iterator[Document | BadRecord]`. `files_per_shard`
    bounds a shard where files are small; with 1, every file is a shard of its own.
    `linked_images` says that the images are known by address only.
    """

    module: str
    suffixes: tuple[str, ...]
    files_per_shard: int = 1
    linked_images: bool = False


FORMATS = {
    "warc": Format("realsyn_tasks.formats.warc", (".warc", ".warc.gz")),
    "html": Format("realsyn_tasks.formats.html", (".html", ".htm", ".xhtml"), 200),
    "obelics": Format("realsyn_tasks.formats.obelics", (".parquet",), linked_images=True),
    "mmc4": Format(
        "realsyn_tasks.formats.mmc4", (".jsonl", ".jsonl.gz", ".jsonl.zip"), linked_images=True
    ),
    "html_zip": Format("realsyn_tasks.formats.html_zip", (".zip",)),
}
"""Ordered: the first format of which a crawl holds a file is the crawl's format."""


class UnknownFormat(ValueError):
    """A folder that no reader knows."""


def discover(listing: Listing) -> str:
    """The format of a crawl by the names of its files; UnknownFormat if none fits."""
    paths = [path.lower() for path, _ in listing]
    for name, spec in FORMATS.items():
        if any(path.endswith(spec.suffixes) for path in paths):
            return name
    known = ", ".join(f"{name} ({' '.join(spec.suffixes)})" for name, spec in FORMATS.items())
    raise UnknownFormat(f"none of the {len(paths)} files is of a known format: {known}")


def group_into_shards(listing: Listing, format: str, max_bytes: int = 256 << 20) -> list[list[str]]:
    """The crawl's document files as shards, each a list of paths; sorted, so always the same.

    Files that documents merely refer to, like the pictures of an HTML folder, are in no shard.
    """
    spec = FORMATS[format]
    shards: list[list[str]] = []
    filled = max_bytes + 1
    for path, size in sorted(item for item in listing if item[0].lower().endswith(spec.suffixes)):
        if filled + size > max_bytes or len(shards[-1]) >= spec.files_per_shard:
            shards.append([])
            filled = 0
        shards[-1].append(path)
        filled += size
    return shards


def may_lack_images(format: str, missing_images: str) -> bool:
    """Say whether images of a crawl may have to be fetched."""
    return FORMATS[format].linked_images or missing_images == "fetch"


def read(
    format: str, files: Sequence[CrawlFile], resolve: Resolve, limits: Limits | None = None
) -> Iterator[Document | BadRecord]:
    """Documents of one shard in the order of its files, and what could not be read between them.

    Raises CorruptCrawlFile, which trying again does not mend, if a file as a whole is unreadable.
    """
    reader = import_module(FORMATS[format].module)
    yield from reader.read(files, resolve, limits or Limits())
