"""Publishes a dataset: data files under final names, then the manifest that makes it exist.

The same export of the same origin gives the same version in any root. Publishing again looks at
every file, and copies anew what is damaged or missing from the run's committed objects: so a
publication that was cut off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.progress import Countdown
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets import gallery_index, index
from realsyn_tasks.datasets.manifest import (
    LATEST,
    MANIFEST,
    TABLES,
    TARS,
    DamagedDataset,
    DatasetFile,
    Manifest,
    Origin,
    Pointer,
    StoredFile,
    decoded,
    encoded,
)
from realsyn_tasks.datasets.verification import SMALL, differing
from realsyn_tasks.datasets.versions import PROMOTE, Version, latest
from realsyn_tasks.kinds import BUILD

NOTE = "_promoted/dataset.json"  # of a run


class Publication(Frozen):
    """A run's note of what it published last."""

    path: str
    version: str
    pairs: int


@dataclass(frozen=True)
class Exported:
    """The committed objects of one shard: its table with `rows`, its tar, what indexes them."""

    pairs: ObjectRef
    samples: ObjectRef
    entries: ObjectRef
    places: ObjectRef


@dataclass(frozen=True)
class Published:
    """A version that stands whole, and which files of it had to be mended."""

    note: Publication
    mended: tuple[str, ...] = ()


def files_of(export: Sequence[Exported]) -> dict[str, ObjectRef]:
    """Name the objects of an export as they are published."""
    files = {}
    for number, shard in enumerate(export):
        files[f"{TABLES}/train-{number:05d}-of-{len(export):05d}.parquet"] = shard.pairs
        files[f"{TARS}/{number:05d}.tar"] = shard.samples
    return files


def manifest_of(origin: Origin, export: Sequence[Exported]) -> Manifest:
    """Describe the version that an export is."""
    files = files_of(export).items()
    return Manifest.of(
        origin,
        [DatasetFile(path=p, size=r.size, sha256=r.sha256, rows=r.rows) for p, r in files],
    )


def publish(
    run: Workspace,
    origin: Origin,
    export: Sequence[Exported],
    require: Callable[[], None] = lambda: None,
) -> Published:
    """Make the version of a run's complete export exist and stand whole, and point at it.

    DamagedObject if a committed object is not what its marker says. `require` raises where it must
    not be published: it is asked before the version exists and, lest that changes in this moment,
    once more before anything points at it; then a new one is removed again.
    """
    manifest = manifest_of(origin, export)
    version = Version(run.storage, manifest.folder)
    before = noted_by(run.storage, run.folder)
    known = before is not None and before.path == version.path
    changed = [
        *_exist(version, manifest, files_of(export), require),
        *_point(version, manifest, moves=not known),
    ]
    index.of_version(version, [shard.entries for shard in export])
    gallery_index.of_version(version, [shard.places for shard in export])
    note = Publication(path=version.path, version=manifest.version, pairs=manifest.pairs)
    _write(run.storage, _note(run), encoded(note))
    return Published(note, tuple(changed) if known else ())


def _exist(
    version: Version,
    manifest: Manifest,
    objects: Mapping[str, ObjectRef],
    require: Callable[[], None],
) -> list[str]:
    """Let a version exist, whole; give the paths of what was written."""
    is_new = not version.exists
    try:
        copied = _complete(version, manifest, objects)
        require()
        written = _write(version.storage, version.at(MANIFEST), encoded(manifest))
        require()
    except ConfigError:
        if is_new:
            _remove(version, manifest)
        raise
    return [*copied, *written]


def _remove(version: Version, manifest: Manifest) -> None:
    """Remove a version that nothing points at yet: the manifest first, then its files."""
    for path in (MANIFEST, *(file.path for file in manifest.files)):
        version.storage.delete(version.at(path))


def _complete(version: Version, manifest: Manifest, objects: Mapping[str, ObjectRef]) -> list[str]:
    """Copy what is not there as it should be; give the paths."""
    storage, wanted = version.storage, [f for f, _ in differing(version, manifest.files, SMALL)]
    copying = Countdown("publish", sum(file.size for file in wanted))

    def copy(file: StoredFile) -> str:
        _copy(storage, objects[file.path], version.at(file.path))
        copying.add(file.size)
        return version.at(file.path)

    return storage.each(copy, wanted)


def _copy(storage: Storage, ref: ObjectRef, path: str) -> None:
    """Copy an object to its final name; DamagedObject if it is not the one committed any more."""
    try:
        storage.copy(ref, path)
    except DamagedObject as error:
        storage.delete(path)
        raise DamagedObject(ref.path, f"it is not what was committed ({error})") from error


def _write(storage: Storage, path: str, data: bytes) -> list[str]:
    """Write a record unless it is there just so; give the path if it was not."""
    if storage.put_if_absent(path, data):
        return [path]
    if storage.read(path) == data:
        return []
    storage.replace(path, data)
    return [path]


def _point(version: Version, manifest: Manifest, moves: bool) -> list[str]:
    """Point at a new version; mend the pointer of an old one, but leave it where it points."""
    if not moves and _points_elsewhere(version):
        return []
    pointer = Pointer(
        name=manifest.name, version=manifest.version, pairs=manifest.pairs, path=version.name
    )
    return _write(version.storage, f"{version.dataset}/{LATEST}", encoded(pointer))


def _points_elsewhere(version: Version) -> bool:
    try:
        return latest(version.storage, version.dataset) != version
    except DamagedDataset:
        return False


def published(run: Workspace) -> Publication | None:
    """Give the note of what a run published last, if that is still there.

    DamagedDataset if the note cannot be read.
    """
    note = _noted(run.storage, _note(run))
    return note if note and Version(run.storage, note.path).exists else None


def publications(storage: Storage) -> dict[str, Publication]:
    """Give what each build published last, by the build's folder."""
    notes = {build: noted_by(storage, build) for build in storage.folders(BUILD.folder)}
    return {build: note for build, note in notes.items() if note}


def _note(run: Workspace) -> str:
    return f"{run.folder}/{NOTE}"


def _noted(storage: Storage, path: str) -> Publication | None:
    try:
        return decoded(Publication, path, storage.read(path), PROMOTE)
    except FileNotFoundError:
        return None


def noted_by(storage: Storage, build: str) -> Publication | None:
    """Read the note of a build by its folder; one that cannot be read counts as none."""
    try:
        return _noted(storage, f"{build}/{NOTE}")
    except DamagedDataset:
        return None
