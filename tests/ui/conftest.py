"""What tests of pages share: the small world behind a viewer, and a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.report.fabricated_evaluation import at, evaluation
from tests.ui import browser as browsers


@contextmanager
def viewing(root: Path) -> Iterator[str]:
    """Serve pages and views of a root without Airflow; give the address of the pages."""
    process = subprocess.Popen(
        [sys.executable, "-m", "realsyn_tasks", "view", "--json", "--dev", "--port", "0"],
        env={**os.environ, "REALSYN_ROOT": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"] + "realsyn/ui/"
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def looked_at(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small world, in which the viewer may write its indices; it was evaluated."""
    root = shutil.copytree(pristine, tmp_path_factory.mktemp("looked_at") / "root")
    evaluation(at(root))
    return root


@pytest.fixture(scope="session")
def site(looked_at: Path) -> Iterator[str]:
    """The address of the pages of the small world."""
    with viewing(looked_at) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with browsers.chromium() as browser:
        yield browser
