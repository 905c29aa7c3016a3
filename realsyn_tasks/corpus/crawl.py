"""A crawl as an extract is pinned to it: its objects, and how they are grouped into shards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, cast

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.config import Frozen, PinnedSource
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.formats.names import Names


class CrawlFile(Frozen):
    """One object of a crawl, as it was when the extract was opened."""

    path: str  # relative to the crawl
    size: int
    digest: str


class UnreadFiles(Frozen):
    """Files of one kind that a crawl holds and nothing reads."""

    kind: str
    files: int
    bytes: int
    examples: tuple[str, ...]

    def in_words(self) -> str:
        """Say it in one line."""
        return f"{self.files} {self.kind}, such as {', '.join(self.examples)}"


class CrawlRef(Frozen):
    """A crawl and how its objects are grouped into shards.

    Objects in no shard are what documents refer to, such as the pictures of an HTML folder.
    """

    name: str
    uri: str
    format: str
    files: tuple[CrawlFile, ...]
    shards: tuple[tuple[str, ...], ...]
    unread: tuple[UnreadFiles, ...] = ()

    def pinned(self) -> PinnedSource:
        """Give what an extract is pinned to: the files' content, wherever they lie, and format."""
        content = [self.format, [file.model_dump() for file in self.files]]
        return PinnedSource(reference=self.model_dump(mode="json"), digest=digest(content))


@dataclass(frozen=True)
class CrawlObject:
    """One object of a crawl, readable wherever the crawl is stored."""

    storage: Storage
    path: str
    size: int

    def open(self) -> BinaryIO:
        """Open the object for reading."""
        from realsyn_tasks.core import arrow_files  # who plans an extract has no pyarrow

        return cast(BinaryIO, arrow_files.opened(self.storage, self.path))


class Crawl:
    """Reads a pinned crawl (core.source.SourceReader)."""

    def __init__(self, storage: Storage, reference: Mapping[str, Any]) -> None:
        self.reference = CrawlRef.model_validate(reference)

    @property
    def format(self) -> str:
        """Name the format that the crawl was opened as."""
        return self.reference.format

    def digest(self, shard: int | None) -> str:
        """Digest the format, the files of a shard, and those that no shard has for itself."""
        shards = (
            self.reference.shards if shard is None else self.reference.shards[shard : shard + 1]
        )
        own = [[path, self._contents[path]] for paths in shards for path in paths]
        return digest([self.format, own, self._shared])

    @cached_property
    def _contents(self) -> dict[str, str]:
        return {file.path: file.digest for file in self.reference.files}

    @cached_property
    def _shared(self) -> str:
        grouped = {path for paths in self.reference.shards for path in paths}
        return digest({p: value for p, value in self._contents.items() if p not in grouped})

    def commits(self) -> list[Commit]:
        """Give none: a crawl holds objects, not tables."""
        return []

    def hidden_ids(self, shard: int, table: str) -> frozenset[str]:
        """Give none, for there are no tables."""
        return frozenset()

    def remedy(self, path: str) -> str:
        """Know none: a crawl's files are no objects of the root."""
        return ""

    def size(self, shard: int) -> int | None:
        """Give the bytes of a shard's files."""
        return sum(self._sizes.get(path, 0) for path in self.reference.shards[shard])

    def objects(self, shard: int) -> list[CrawlObject]:
        """List the objects of a shard."""
        objects = [self.object(path) for path in self.reference.shards[shard]]
        return [item for item in objects if item is not None]

    def beside(self) -> list[str]:
        """List the paths of the objects that only the one shard there is can refer to.

        None where there are several: no shard knows what others refer to.
        """
        if len(self.reference.shards) > 1:
            return []
        return [path for path in self._sizes if path not in self.reference.shards[0]]

    def object(self, path: str) -> CrawlObject | None:
        """Find an object of any shard, or of none, by its path in the crawl, however spelled."""
        name = path if path in self._sizes else self._names.find(path)
        return CrawlObject(self._storage, name, self._sizes[name]) if name else None

    @cached_property
    def _storage(self) -> Storage:
        return Storage.at(self.reference.uri)

    @cached_property
    def _names(self) -> Names:
        return Names(self._sizes)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return {file.path: file.size for file in self.reference.files}


def crawl_of(sources: Mapping[str, PinnedSource]) -> CrawlRef | None:
    """Give the crawl among what a run is pinned to; None if it reads none."""
    pinned = sources.get("crawl")
    return CrawlRef.model_validate(pinned.reference) if pinned else None
