"""A root with a published version, for the pages that look into it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from realsyn_tasks.views import pairs


@pytest.fixture
def root(published_root: Path, tmp_path: Path) -> str:
    return str(shutil.copytree(published_root, tmp_path / "root"))


@pytest.fixture
def version(root: str) -> str:
    [known] = pairs.pair_sources(root)["versions"]
    return str(known["version"])
