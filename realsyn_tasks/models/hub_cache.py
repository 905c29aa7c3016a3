"""The folder in which libraries look for a hub's models: what is in it, told without a library.

    models--OWNER--NAME/refs/main              the commit that stands behind a name
                       /snapshots/COMMIT/FILE  the files of that commit
                       /.no_exist/COMMIT/FILE  files that it is known not to have
                       /fetched/COMMIT.json    size and SHA-256 of those that `models fetch` got
                       /unfinished/COMMIT/     where it gets them

HF_HUB_CACHE, HF_HOME or XDG_CACHE_HOME moves it, as for huggingface_hub.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realsyn_tasks.models.digests import sha256

MAIN = "main"


@dataclass(frozen=True)
class Snapshot:
    """The files of a hub's model at a commit, as `models fetch` verified them."""

    repository: str
    revision: str  # the commit
    folder: Path
    files: Mapping[str, Mapping[str, Any]]  # name -> size, sha256

    @property
    def weights(self) -> str:
        """Name the file by whose digest a model is declared: the weights' index, or the largest."""
        indices = [name for name in self.files if name.endswith(".index.json")]
        sizes = {name: (told["size"], name) for name, told in self.files.items()}
        return min(indices) if indices else max(sizes, key=lambda name: sizes[name])

    @property
    def digest(self) -> str:
        """Give the SHA-256 by which a model is declared."""
        return str(self.files[self.weights]["sha256"])


def hub_folder() -> Path:
    """Give the folder of hubs' models on this machine."""
    general = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "huggingface"
    home = Path(os.environ.get("HF_HOME", general))
    return Path(os.environ.get("HF_HUB_CACHE", home / "hub")).expanduser()


def repository_folder(repository: str) -> Path:
    """Say where the files of a repository belong."""
    return hub_folder() / f"models--{repository.replace('/', '--')}"


def snapshot_folder(repository: str, revision: str = "") -> Path | None:
    """Give the folder of a commit, or of the one behind a name; None if it is not here."""
    place = repository_folder(repository)
    folder = place / "snapshots" / _commit(place, revision or MAIN)
    return folder if folder.is_dir() else None


def fetched(repository: str, revision: str = "") -> Snapshot | None:
    """Give what `models fetch` got of a repository; None unless all of it is here in full size."""
    folder = snapshot_folder(repository, revision)
    if folder is None:
        return None
    record = repository_folder(repository) / "fetched" / f"{folder.name}.json"
    try:
        files: dict[str, dict[str, Any]] = json.loads(record.read_text(encoding="utf-8"))
        sizes = {name: (folder / name).stat().st_size for name in files}
    except (OSError, ValueError):
        return None
    whole = files and all(told["size"] == sizes[name] for name, told in files.items())
    return Snapshot(repository, folder.name, folder, files) if whole else None


def damaged(snapshot: Snapshot) -> list[str]:
    """Name the files whose bytes are not those that were fetched; all of them are read."""
    return [
        name
        for name, told in sorted(snapshot.files.items())
        if sha256(snapshot.folder / name) != told["sha256"]
    ]


def _commit(place: Path, revision: str) -> str:
    try:
        return (place / "refs" / revision).read_text(encoding="utf-8").strip()
    except OSError:
        return revision
