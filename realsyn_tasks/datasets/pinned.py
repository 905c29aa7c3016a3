"""A published version as a run is pinned to it: its shards, and the runs that it came from.

The version alone is enough to read its pairs, wherever it was copied to. What was left out of it
only those runs know: they are named where they are still there, and must not have moved on.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import cached_property
from typing import Any

from realsyn_tasks.core.commits import Ledger
from realsyn_tasks.core.config import Frozen, PinnedSource
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.source import SourceShard
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.datasets.manifest import DatasetFile
from realsyn_tasks.datasets.shards import Shard, shards
from realsyn_tasks.datasets.versions import Version

STAGE = "dataset"  # stands in place of a stage's name
PAIRS, SAMPLES = "pairs", "samples"  # what a shard has: a table, and the tar beside it


class RunRef(Frozen):
    """A run that a version came from, and what it had promoted then."""

    folder: str
    groups: tuple[str, ...]
    promoted: str  # digest

    @staticmethod
    def of(storage: Storage, folder: str, groups: tuple[str, ...]) -> RunRef:
        """Refer to a run as it is now."""
        return RunRef(folder=folder, groups=groups, promoted=_promoted(storage, folder, groups))


class VersionRef(Frozen):
    """A version by its folder and its manifest, and the runs that it came from."""

    path: str
    manifest: str  # digest
    shards: int
    pairs: int
    runs: tuple[RunRef, ...] = ()  # none where its build is gone, or holds something else

    @staticmethod
    def of(version: Version, runs: tuple[RunRef, ...] = ()) -> VersionRef:
        """Refer to a published version; DamagedDataset if it is none."""
        manifest = version.manifest
        return VersionRef(
            path=version.path,
            manifest=digest(manifest.model_dump(mode="json")),
            shards=len(shards(version)),
            pairs=manifest.pairs,
            runs=runs,
        )

    def pinned(self) -> PinnedSource:
        """Give what a run is pinned to."""
        reference = self.model_dump(mode="json")
        return PinnedSource(reference=reference, digest=digest(reference), rows={PAIRS: self.pairs})


class PinnedVersion:
    """Reads a pinned version (core.source.SourceReader)."""

    def __init__(self, storage: Storage, reference: Mapping[str, Any]) -> None:
        self._storage = storage
        self.reference = VersionRef.model_validate(reference)
        self.version = Version(storage, self.reference.path)

    def digest(self, shard: int | None) -> str:
        """Digest a shard, or everything with the runs that it came from; reads nothing."""
        if shard is None:
            return digest(self.reference.model_dump(mode="json"))
        return digest([self.reference.manifest, shard])

    def commits(self) -> list[SourceShard]:
        """Give the shards of the version in order; ConfigError if it is another one by now."""
        return self._commits

    @cached_property
    def _commits(self) -> list[SourceShard]:
        if VersionRef.of(self.version).manifest != self.reference.manifest:
            raise ConfigError(f"{self.version.uri} is not the version that was pinned")
        return [self._commit(number, each) for number, each in enumerate(shards(self.version))]

    def _commit(self, number: int, shard: Shard) -> SourceShard:
        return SourceShard(
            stage=STAGE,
            shard=number,
            fingerprint=shard.table.sha256,
            attempt="",
            objects={PAIRS: self._ref(shard.table), SAMPLES: self._ref(shard.tar)},
            rows={PAIRS: shard.table.rows or 0},
        )

    def _ref(self, file: DatasetFile) -> ObjectRef:
        path = self.version.at(file.path)
        return ObjectRef(path=path, size=file.size, sha256=file.sha256, rows=file.rows)

    def hidden_ids(self, shard: int, table: str) -> Set[str]:
        """Hide nothing: a version never changes."""
        return frozenset()

    def remedy(self, path: str) -> str:
        """Say of a file of the version what mends it."""
        if not path.startswith(f"{self.version.path}/"):
            return ""
        return (
            f"it is of version {self.version.path}; `realsyn verify --dataset {self.version.uri}`"
            " shows what mends it"
        )

    def size(self, shard: int) -> int | None:
        """Give None: to know it, the manifest would have to be read."""
        return None

    def runs(self) -> tuple[RunRef, ...]:
        """Name the runs that the version came from; ConfigError if one has moved on since."""
        for run in self.reference.runs:
            if RunRef.of(self._storage, run.folder, run.groups) != run:
                raise ConfigError(
                    f"{run.folder} is not what it was when this run was opened: open it again"
                )
        return self.reference.runs

    def ledger(self, run: RunRef, stage: str) -> Ledger:
        """Give the ledger of a stage of a run that the version came from."""
        return Ledger(self._storage, f"{run.folder}/{stage}")

    @property
    def storage(self) -> Storage:
        """Give the root that version and runs are in."""
        return self._storage


def _promoted(storage: Storage, folder: str, groups: tuple[str, ...]) -> str:
    paths = [f"{folder}/_promoted/{group}.json" for group in groups]
    records = storage.read_each(paths)
    return digest([record.decode() if record else None for record in records])
