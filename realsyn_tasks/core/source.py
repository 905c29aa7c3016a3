"""What a run reads that it did not make, as it was pinned when the run was opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Protocol

from pydantic import Field

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import ObjectRef


class HiddenRows(Frozen):
    """Rows of a table that nobody is to see: the column of their ids, how many, and a digest.

    The ids themselves are read by whoever reads the table (SourceReader.hidden_ids).
    """

    key: str
    rows: int
    digest: str


class SourceShard(Commit):
    """A shard of a source in the form of a commit, without what is hidden of its tables."""

    hidden: dict[str, HiddenRows] = Field(default_factory=dict)  # by table

    @property
    def digest(self) -> str:
        """Digest what is visible; hiding nothing of a shard leaves it as it was."""
        return visible_digest(self.objects, self.hidden)


def visible_digest(objects: Mapping[str, ObjectRef], hidden: Mapping[str, HiddenRows]) -> str:
    """Digest what is visible of a shard."""
    return visible_content(digest({name: ref.sha256 for name, ref in objects.items()}), hidden)


def visible_content(whole: str, hidden: Mapping[str, HiddenRows]) -> str:
    """Digest what is visible of a shard that holds this, all in all."""
    gone = {table: rows.digest for table, rows in hidden.items()}
    return digest([whole, gone]) if gone else whole


class SourceReader(Protocol):
    """Reads a source; what it may give besides is a matter between it and the stages."""

    def digest(self, shard: int | None) -> str:
        """Digest what a shard of the source's axis reads; None: all of it."""
        ...

    def commits(self) -> Sequence[Commit]:
        """Give its shards in the form of commits; none if it holds no tables."""
        ...

    def hidden_ids(self, shard: int, table: str) -> Set[str]:
        """Read the ids of the rows that are hidden of a table of a shard."""
        ...

    def remedy(self, path: str) -> str:
        """Say whose an object is that was found damaged, and what mends it; empty: none of its."""
        ...

    def size(self, shard: int) -> int | None:
        """Give the bytes of a shard where that is known without a look at it, else None."""
        ...
