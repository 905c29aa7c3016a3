"""A published version with its build, and its analysis."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.analyses import open_analysis
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.promotion import promote
from tests.finished import open_run
from tests.support import run_group

FIRST = "first"


def analyse(uri: str, name: str = "", choices: Choices | None = None) -> Workspace:
    """Open the analysis of a version and do all of it."""
    run = open_analysis(uri, name, choices or Choices())
    run_group(run, "analyze")
    gate(run, "analyze").raise_if_failed()
    promote(run, "analyze")
    return run


@pytest.fixture(scope="session")
def analysed(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a version that was analysed once; never to be written to."""
    root = tmp_path_factory.mktemp("analysed") / "root"
    shutil.copytree(finished, root)
    build = open_run(root, "sample")
    promote(build, "sample")
    analyse(build.uri, FIRST)
    return root


@pytest.fixture
def version_root(analysed: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    root = tmp_path / "root"
    shutil.copytree(analysed, root)
    return root
