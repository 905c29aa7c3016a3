"""What tests of reports share: a published version with all that is said of it, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.versions import Version, versions


@pytest.fixture(scope="session")
def published_root(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a published version; never to be written to."""
    from realsyn_tasks.report.attachments import attach
    from realsyn_tasks.runs.promotion import promote
    from tests.finished import open_run

    root = tmp_path_factory.mktemp("published") / "root"
    build = open_run(shutil.copytree(finished, root), "sample")
    promote(build, "sample")
    attach(build)
    return root


@pytest.fixture
def version(published_root: Path, tmp_path: Path) -> Version:
    """The version in a copy of that root."""
    root = shutil.copytree(published_root, tmp_path / "root")
    [made] = versions(Storage.at(str(root)))
    return made
