from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.publication import published
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.report.attachments import attach
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE


@dataclass
class Standing:
    """A build with its published version, card and report attached."""

    build: Workspace
    version: Version

    @property
    def root(self) -> Path:
        return Path(unquote(self.build.storage.uri.removeprefix("file://")))

    @property
    def folder(self) -> Path:
        return self.root / self.version.path

    def promote(self) -> None:
        publish(self.build)

    def contents(self) -> dict[str, bytes]:
        """All files of the datasets, and of what belongs to them."""
        folders = (self.root / "datasets", self.root / "takedowns", self.root / "builds")
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in paths}


@pytest.fixture
def standing(published_root: Path, tmp_path: Path) -> Standing:
    """A copy of it to change."""
    build = build_of(shutil.copytree(published_root, tmp_path / "root"))
    note = published(build)
    assert note
    return Standing(build, Version(build.storage, note.path))


def build_of(root: Path) -> Workspace:
    return Workspace.open(f"{root.as_uri()}/builds/tiny", PIPELINE)


def publish(build: Workspace) -> None:
    promote(build, "sample")
    attach(build)
