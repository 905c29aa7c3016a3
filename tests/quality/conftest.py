from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE
from tests import fabricated

GROUPS = ("retrieve", "synthesize", "sample")


def finish(root: Path) -> Workspace:
    """Fill a root with a promoted extract and a build that only waits to be published."""
    extract = fabricated.extract(root)
    assert gate(extract, "extract").passed
    promote(extract, "extract")
    build = fabricated.build(root)
    for group in GROUPS:
        fabricated.commit_build_group(build, group)
        result = gate(build, group)
        assert result.passed, result.summary
        if group != "sample":
            promote(build, group)
    return build


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished root; never to be written to."""
    root = tmp_path_factory.mktemp("finished")
    finish(root)
    return root


@pytest.fixture
def opened(finished: Path, tmp_path: Path) -> Callable[[str], Workspace]:
    """Opens, in a copy of the finished root, the run that a group belongs to."""
    root = shutil.copytree(finished, tmp_path / "root")

    def open_(group: str) -> Workspace:
        run = "extracts/pages" if group == "extract" else "builds/tiny"
        return Workspace.open(f"{root.as_uri()}/{run}", PIPELINE)

    return open_
