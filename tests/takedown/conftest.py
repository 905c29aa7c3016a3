"""A copy of the small world for each test to change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def root(pristine: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    copy = tmp_path / "root"
    shutil.copytree(pristine, copy)
    return copy
