"""A root with a published version, for the pages that look into it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from realsyn_tasks.views import pairs
from tests.datasets.conftest import build_of, publish


@pytest.fixture(scope="module")
def standing_root(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published") / "root"
    publish(build_of(shutil.copytree(finished, root)))
    return root


@pytest.fixture
def root(standing_root: Path, tmp_path: Path) -> str:
    return str(shutil.copytree(standing_root, tmp_path / "root"))


@pytest.fixture
def version(root: str) -> str:
    [known] = pairs.pair_sources(root)["versions"]
    return str(known["version"])
