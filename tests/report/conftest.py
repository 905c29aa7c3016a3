"""What tests of reports share: a published version with all that is said of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.versions import Version, versions


@pytest.fixture
def version(published_root: Path, tmp_path: Path) -> Version:
    """The version in a copy of the published root."""
    root = shutil.copytree(published_root, tmp_path / "root")
    [made] = versions(Storage.at(str(root)))
    return made
