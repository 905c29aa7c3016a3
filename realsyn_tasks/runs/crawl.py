"""Crawls as extracts pin them: which files there are, what they hold, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from realsyn_tasks.core.errors import ConfigError, TransientError
from realsyn_tasks.core.progress import Countdown
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.crawl import CrawlFile, CrawlRef, UnreadFiles

FILES_AT_ONCE = 16
SHARD_BYTES = 64 << 20  # of HTML pages grouped into one shard

Files = list[tuple[str, int]]


class UnreadableCrawl(ConfigError):
    """A crawl that no reader can do anything with."""


def format_of(uri: str) -> str:
    """Tell the format of a crawl; UnreadableCrawl if it is empty, gone, nothing known, or mixed."""
    storage = Storage.at(uri)
    return _format_of(storage, _listed(storage), "")


def require_readable(uri: str, format: str) -> None:
    """Raise UnreadableCrawl if no reader fits, or there is no format of that name; reads little."""
    storage = Storage.at(uri)
    listed = _listed(storage)
    _documents_of(storage, listed, _format_of(storage, listed, format))


def pinned(uri: str, name: str, format: str) -> CrawlRef:
    """Pin a crawl: its files by content, its shards, and its format, which its files tell if "".

    In S3 content is what the endpoint says of it (a SHA-256, or an ETag), and nothing is read; in a
    folder every file is.

    UnreadableCrawl if no reader fits, or there is no format of that name; TransientError if the
    crawl changed meanwhile.
    """
    storage = Storage.at(uri)
    listed = _listed(storage)
    format = _format_of(storage, listed, format)
    documents = _documents_of(storage, listed, format)
    shards = _shards_of(documents, format)
    files = _files(storage, listed)
    if storage.listing("", recursive=True) != listed:
        raise TransientError(f"the crawl {uri} changed while it was read; try when it is whole")
    return CrawlRef(
        name=name,
        uri=storage.uri,
        format=format,
        files=files,
        shards=shards,
        unread=_unread(listed, documents, format),
    )


def _listed(storage: Storage) -> Files:
    listed = storage.listing("", recursive=True)
    if not listed:
        raise UnreadableCrawl(f"the crawl {storage.uri} is empty or not there")
    return listed


def _format_of(storage: Storage, listed: Files, named: str) -> str:
    from realsyn_tasks.formats import discovery

    with _unreadable(storage):
        return discovery.checked(named) if named else discovery.discover(listed, storage.open)


def _documents_of(storage: Storage, listed: Files, format: str) -> Files:
    from realsyn_tasks.formats import discovery

    with _unreadable(storage):
        return discovery.documents_of(listed, format, storage.open)


def _shards_of(documents: Files, format: str) -> tuple[tuple[str, ...], ...]:
    from realsyn_tasks.formats import group_into_shards

    return tuple(tuple(shard) for shard in group_into_shards(documents, format, SHARD_BYTES))


def _unread(listed: Files, documents: Files, format: str) -> tuple[UnreadFiles, ...]:
    from realsyn_tasks.formats import discovery

    kinds = discovery.unread(listed, documents, format)
    return tuple(UnreadFiles(**kind._asdict()) for kind in kinds)


@contextmanager
def _unreadable(storage: Storage) -> Iterator[None]:
    """Name the crawl that no reader fits."""
    from realsyn_tasks.formats.discovery import UnknownFormat

    try:
        yield
    except UnknownFormat as error:
        raise UnreadableCrawl(f"the crawl {storage.uri}: {error}") from error


def _files(storage: Storage, listed: Files) -> tuple[CrawlFile, ...]:
    """Tell each file by content, several at once: who digests one lets go of Python's lock."""
    digesting = Countdown("open the crawl", sum(size for _, size in listed))

    def pinned_file(item: tuple[str, int]) -> CrawlFile:
        path, size = item
        file = CrawlFile(path=path, size=size, digest=storage.content(path))
        digesting.add(size)
        return file

    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        return tuple(pool.map(pinned_file, listed))
