"""Published versions as a run is pinned to them: their shards, and the runs that they came from.

A version alone is enough to read its pairs, wherever it was copied to. What was left out of it
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

STAGE, STAGE_OF_SEVERAL = "dataset", "datasets"  # stand in place of a stage's name
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


class VersionsRef(Frozen):
    """Several versions of one root, in the order in which they were named."""

    versions: tuple[VersionRef, ...]

    @property
    def shards(self) -> int:
        """Count the shards of all of them."""
        return sum(version.shards for version in self.versions)

    def pinned(self) -> PinnedSource:
        """Give what a run is pinned to."""
        reference = self.model_dump(mode="json")
        pairs = sum(version.pairs for version in self.versions)
        return PinnedSource(reference=reference, digest=digest(reference), rows={PAIRS: pairs})


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


class PinnedVersions:
    """Reads several pinned versions as one source: their shards, one version after another.

    A version is known by its number, from 0, in the order in which they were named.
    """

    def __init__(self, storage: Storage, reference: Mapping[str, Any]) -> None:
        self.reference = VersionsRef.model_validate(reference)
        self._readers = [
            PinnedVersion(storage, each.model_dump(mode="json")) for each in self.reference.versions
        ]
        self._places = [
            (number, shard)
            for number, each in enumerate(self.reference.versions)
            for shard in range(each.shards)
        ]

    @property
    def versions(self) -> list[Version]:
        """Give the versions by number."""
        return [reader.version for reader in self._readers]

    def version_of(self, shard: int) -> int:
        """Give the number of the version that a shard is of."""
        return self._places[shard][0]

    def shards_of(self, version: int) -> list[SourceShard]:
        """Give the shards of the version of a number, in order."""
        return [each for each in self.commits() if self.version_of(each.shard) == version]

    def digest(self, shard: int | None) -> str:
        """Digest a shard, with the number of its version, or everything; reads nothing."""
        if shard is None:
            return digest(self.reference.model_dump(mode="json"))
        version, place = self._places[shard]
        return digest([version, self._readers[version].digest(place)])

    def commits(self) -> list[SourceShard]:
        """Give all shards in order; ConfigError if a version is another one by now."""
        return self._commits

    @cached_property
    def _commits(self) -> list[SourceShard]:
        every = [commit for reader in self._readers for commit in reader.commits()]
        return [
            commit.model_copy(update={"stage": STAGE_OF_SEVERAL, "shard": number})
            for number, commit in enumerate(every)
        ]

    def hidden_ids(self, shard: int, table: str) -> Set[str]:
        """Hide nothing: a version never changes."""
        return frozenset()

    def remedy(self, path: str) -> str:
        """Say of a file of one of the versions what mends it."""
        return next(filter(None, (reader.remedy(path) for reader in self._readers)), "")

    def size(self, shard: int) -> int | None:
        """Give None: to know it, the manifests would have to be read."""
        return None


def _promoted(storage: Storage, folder: str, groups: tuple[str, ...]) -> str:
    paths = [f"{folder}/_promoted/{group}.json" for group in groups]
    records = storage.read_each(paths)
    return digest([record.decode() if record else None for record in records])
