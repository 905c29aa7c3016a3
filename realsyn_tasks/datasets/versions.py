"""The published versions of a root, and the pointers to the latest ones.

{root}/datasets/realsyn-{scale}/{version}/data/train-00000-of-00003.parquet
                                          webdataset/00000.tar
                                          manifest.json                  makes it exist
                                          README.md, report.html, attachments.json
{root}/datasets/realsyn-{scale}/latest.json
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.manifest import (
    ATTACHMENTS,
    DATASETS,
    LATEST,
    MANIFEST,
    Attachment,
    Attachments,
    DamagedDataset,
    Fault,
    Manifest,
    Pointer,
    decoded,
)

PROMOTE = "promote its build again, which mends it"
RENEW = "renew it: `report --build` of its build"


@dataclass(frozen=True)
class Version:
    """A version by its folder, such as datasets/realsyn-demo/v-0123456789ab."""

    storage: Storage
    path: str

    @property
    def name(self) -> str:
        """Give the version's own name."""
        return self.path.rsplit("/", 1)[1]

    @property
    def dataset(self) -> str:
        """Give the folder of all versions of its dataset."""
        return self.path.rsplit("/", 1)[0]

    @property
    def uri(self) -> str:
        """Give the URI of its folder."""
        return f"{self.storage.uri}/{self.path}"

    @property
    def exists(self) -> bool:
        """Say whether it is published, whatever the state of its files."""
        return self.storage.exists(self.at(MANIFEST))

    def at(self, path: str) -> str:
        """Name a file of this version in its root."""
        return f"{self.path}/{path}"

    @cached_property
    def manifest(self) -> Manifest:
        """Read the manifest; DamagedDataset if it is missing or unreadable."""
        data = _read(self.storage, self.at(MANIFEST), PROMOTE)
        return decoded(Manifest, self.at(MANIFEST), data, PROMOTE)

    def attachments(self) -> tuple[Attachment, ...]:
        """Read what is said of this version; DamagedDataset if that is missing or unreadable."""
        data = _read(self.storage, self.at(ATTACHMENTS), RENEW)
        return decoded(Attachments, self.at(ATTACHMENTS), data, RENEW).files


def _read(storage: Storage, path: str, remedy: str) -> bytes:
    try:
        return storage.read(path)
    except FileNotFoundError:
        raise DamagedDataset(path, Fault.MISSING, "there is no such file", remedy) from None


def datasets(storage: Storage) -> list[str]:
    """List the folders of all datasets of a root."""
    return storage.folders(DATASETS)


def folders(storage: Storage, dataset: str) -> list[Version]:
    """List the folders of a dataset's versions, also of such as never came to be published."""
    return [Version(storage, path) for path in storage.folders(dataset)]


def versions(storage: Storage) -> list[Version]:
    """List all published versions of a root, by path."""
    every = [version for name in datasets(storage) for version in folders(storage, name)]
    return [version for version in every if version.exists]


def latest(storage: Storage, dataset: str) -> Version:
    """Open the version of a dataset that was published last.

    DamagedDataset if the pointer is missing, unreadable, or points at nothing.
    """
    path = f"{dataset}/{LATEST}"
    pointer = decoded(Pointer, path, _read(storage, path, PROMOTE), PROMOTE)
    version = Version(storage, f"{dataset}/{pointer.path}")
    if "/" in pointer.path or not version.exists:
        detail = f"there is no version {pointer.path}"
        raise DamagedDataset(path, Fault.DANGLING, detail, PROMOTE)
    return version


def at(uri: str) -> list[Version]:
    """Open a version, or all versions of a dataset, by its URI.

    ConfigError unless there is one: ROOT/datasets/NAME/VERSION, or ROOT/datasets/NAME.
    """
    root, _, rest = uri.rstrip("/").rpartition(f"/{DATASETS}/")
    parts = rest.split("/")
    if not root or len(parts) > 2 or not all(part.strip(".") for part in parts):
        raise ConfigError(f"{uri} is no dataset: name ROOT/{DATASETS}/NAME/VERSION, or without it")
    storage = Storage.at(root)
    known = folders(storage, f"{DATASETS}/{parts[0]}")
    chosen = [version for version in known if version.name in parts[1:] or len(parts) == 1]
    if not chosen:
        names = ", ".join(version.path for version in known) or f"nothing below {parts[0]}"
        raise ConfigError(f"there is no dataset {uri}; {root} has {names}")
    return chosen
