"""What a run reads that it did not make, as it was pinned when the run was opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pydantic import Field

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.ids import digest


class HiddenRows(Frozen):
    """Rows of a table that nobody is to see: the column of their ids, and the ids."""

    key: str
    ids: frozenset[str]


class SourceShard(Commit):
    """A shard of a source in the form of a commit, without what is hidden of its tables."""

    hidden: dict[str, HiddenRows] = Field(default_factory=dict)  # by table

    @property
    def digest(self) -> str:
        """Digest what is visible; hiding nothing of a shard leaves it as it was."""
        gone = {table: sorted(rows.ids) for table, rows in self.hidden.items() if rows.ids}
        whole = super().digest
        return digest([whole, gone]) if gone else whole


class SourceReader(Protocol):
    """Reads a source; what it may give besides is a matter between it and the stages."""

    def digest(self, shard: int | None) -> str:
        """Digest what a shard of the source's axis reads; None: all of it."""
        ...

    def commits(self) -> Sequence[Commit]:
        """Give its shards in the form of commits; none if it holds no tables."""
        ...
