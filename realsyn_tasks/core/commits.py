"""Commits: the markers, written last, that make a shard's output exist.

    {run}/{stage}/shard=00042/part-{attempt}-{table}.parquet    data, under an unrepeated name
    {run}/{stage}/_commits/00042.json                           the marker
    {run}/{stage}/_commits.index                                outlines of them (core.ledger_index)
    {run}/{stage}/_failures/00042.json                          why there is none
    {run}/{stage}/_withdrawn/00042.json                         the marker that was taken back last

The first marker wins. A marker counts only while its fingerprint is the one that the shard's
inputs, configuration and stage version give now; a stale one is replaced.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from pydantic import Field, ValidationError

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import TransientError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.ledger_index import IndexedMarkers
from realsyn_tasks.core.outlines import Outline, Outlines
from realsyn_tasks.core.storage import ObjectRef, Storage

DROPPED = "dropped"
COMMIT_ATTEMPTS = 8


class Commit(Frozen):
    """A marker: what exists, what it was made from, and what it cost."""

    stage: str
    shard: int
    fingerprint: str
    attempt: str
    objects: dict[str, ObjectRef]
    rows: dict[str, int] = Field(default_factory=dict)
    dropped: dict[str, dict[str, int]] = Field(default_factory=dict)  # kind -> reason -> count
    counts: dict[str, int] = Field(default_factory=dict)
    measures: dict[str, float] = Field(default_factory=dict)
    inputs: dict[str, str] = Field(default_factory=dict)
    stage_version: int = 1
    config_digest: str = ""
    code_version: str = ""
    models: dict[str, str] = Field(default_factory=dict)
    cost: dict[str, float] = Field(default_factory=dict)
    origin: str = ""  # folder of the run that it was adopted from

    @property
    def digest(self) -> str:
        """Digest the content of the output: the same data has the same digest anywhere."""
        return digest({name: ref.sha256 for name, ref in self.objects.items()})

    def part(self, table: str, partition: int) -> ObjectRef | None:
        """Find the object of a collected table that holds a partition; None if it has no rows."""
        names = [name for name in self.objects if name.startswith(f"{table}.")]
        before = [name for name in names if name <= part_name(table, partition)]
        return self.objects[max(before)] if before else None


def part_name(table: str, first: int) -> str:
    """Name an object of a collected table by the first partition that it holds."""
    return f"{table}.{first:08d}"


class Failure(Frozen):
    """Why a shard has no commit."""

    stage: str
    shard: int
    fingerprint: str
    failure_class: str
    error: str
    traceback: str = ""
    attempts: int = 1


class Ledger:
    """All commits and failures of one stage of one run."""

    def __init__(self, storage: Storage, folder: str) -> None:
        self._storage = storage
        self._folder = folder

    def _marker(self, shard: int) -> str:
        return f"{self._folder}/_commits/{shard:05d}.json"

    def _note(self, shard: int) -> str:
        return f"{self._folder}/_failures/{shard:05d}.json"

    def commits(self) -> dict[int, Commit]:
        """Read every marker."""
        return {commit.shard: commit for commit in self._records("_commits", Commit)}

    def failures(self) -> dict[int, Failure]:
        """Read every failure note."""
        return {failure.shard: failure for failure in self._records("_failures", Failure)}

    def notes(self, shards: Iterable[int]) -> dict[int, Failure]:
        """Read the failure notes of some shards by their names, without listing any."""
        read = self._storage.read_each([self._note(shard) for shard in shards])
        notes = (_parsed(Failure, data) for data in read)
        return {note.shard: note for note in notes if note is not None}

    def _records(self, folder: str, model: type[Any]) -> list[Any]:
        contents = self._storage.contents(f"{self._folder}/{folder}")
        records = (_parsed(model, data) for _, data in contents)
        return [record for record in records if record is not None]

    def find(self, shard: int) -> Commit | None:
        """Read the marker of one shard, if it has one."""
        return self.find_each([shard]).get(shard)

    def find_each(self, shards: Iterable[int]) -> dict[int, Commit]:
        """Read the markers of some shards by their names, without listing any."""
        read = self._storage.read_each([self._marker(shard) for shard in shards])
        commits = (_parsed(Commit, data) for data in read)
        return {commit.shard: commit for commit in commits if commit is not None}

    def outlines(self) -> Outlines:
        """Give the outline of every marker, most of them from the index (core.ledger_index)."""
        return IndexedMarkers(self._storage, self._folder).outlines()

    def contents(self) -> str:
        """Digest what all markers hold, without reading them where the index still stands."""
        return IndexedMarkers(self._storage, self._folder).contents()

    def know(self, outlines: Outlines, settings: str) -> None:
        """Note that fingerprints follow from inputs by settings of this digest: in the index."""
        IndexedMarkers(self._storage, self._folder).know(outlines, settings)

    def commit(self, commit: Commit) -> Commit:
        """Write a marker and give the one that counts: this one, or an equal earlier one.

        A stale marker goes only while it is the one that was read: another process may have
        replaced it meanwhile, or the read itself may have been stale.
        """
        path, data = self._marker(commit.shard), commit.model_dump_json(indent=1).encode()
        for attempt in range(COMMIT_ATTEMPTS):
            if self._storage.put_if_absent(path, data):
                self._storage.delete(self._note(commit.shard))
                return commit
            [marker] = self._storage.read_each([path])
            winner: Commit | None = _parsed(Commit, marker)
            if winner and winner.fingerprint == commit.fingerprint and self.intact(winner):
                return winner
            if marker is None or not self._storage.delete_if(path, marker):
                time.sleep(0.05 * 2**attempt)
        raise TransientError(f"marker {path} is neither valid nor can it be replaced")

    def commit_each(self, commits: Iterable[Commit]) -> list[Commit]:
        """Write markers as `commit` does, several at once where that helps."""
        return self._storage.each(self.commit, list(commits))

    def _withdrawn(self, shard: int) -> str:
        return f"{self._folder}/_withdrawn/{shard:05d}.json"

    def revoke(self, shard: int) -> None:
        """Remove a marker that no longer holds: stale, or naming a damaged object."""
        [marker] = self._storage.read_each([self._marker(shard)])
        if marker:
            self._storage.replace(self._withdrawn(shard), marker)
        self._storage.delete(self._marker(shard))

    def withdrawn(self, shards: Iterable[int]) -> dict[int, Commit]:
        """Read the markers of some shards that were taken back last."""
        read = self._storage.read_each([self._withdrawn(shard) for shard in shards])
        commits = (_parsed(Commit, data) for data in read)
        return {commit.shard: commit for commit in commits if commit is not None}

    def earlier(self, shard: int) -> Commit | None:
        """Give what a shard held last, whether that still holds or not."""
        read = self._storage.read_each([self._marker(shard), self._withdrawn(shard)])
        commits = (_parsed(Commit, data) for data in read)
        return next((commit for commit in commits if commit is not None), None)

    def withdraw(self, shard: int) -> None:
        """Make a shard missing, whatever was committed or noted: it is done anew."""
        self._storage.delete(self._note(shard))
        self.revoke(shard)

    def fail(self, failure: Failure) -> None:
        """Note why a shard failed, counting the attempts at the same work."""
        earlier = self._earlier_note(failure.shard)
        if earlier and earlier.fingerprint == failure.fingerprint:
            failure = failure.model_copy(update={"attempts": earlier.attempts + 1})
        self._storage.replace(self._note(failure.shard), failure.model_dump_json(indent=1).encode())

    def _earlier_note(self, shard: int) -> Failure | None:
        [data] = self._storage.read_each([self._note(shard)])
        note: Failure | None = _parsed(Failure, data)
        return note

    def damaged(self, outlines: Outlines) -> set[int]:
        """Find the shards of which an object is gone or has another size."""
        paths, sizes = outlines.objects()
        present = self._storage.sizes(paths)
        if present == sizes:
            return set()
        told = zip(outlines.owners(), sizes, present, strict=True)
        return {shard for shard, size, present_size in told if present_size != size}

    def intact(self, commit: Commit) -> bool:
        """Say whether every object of a commit is there in its full size."""
        return not self.damaged(Outlines.of([Outline.of(commit)]))

    def sweep(self) -> None:
        """Remove what killed writers of markers and notes have left unfinished."""
        for folder in ("_commits", "_failures", "_withdrawn", "_progress"):
            self._storage.sweep(f"{self._folder}/{folder}")


def _parsed(model: type[Any], data: bytes | None) -> Any:
    """Read a record; one that is gone or torn counts as none, and is then written anew."""
    try:
        return model.model_validate_json(data) if data else None
    except ValidationError:
        return None
