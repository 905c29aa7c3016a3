"""What folders of tests share: runs that they open are of tiny models, and what is dear to make."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import tiny

if TYPE_CHECKING:  # the tests of the control plane lack what these need
    from realsyn_tasks.core.workspace import Workspace


@pytest.fixture(scope="session", autouse=True)
def tiny_backends() -> Iterator[None]:
    """Deploy tiny models in place of the embedded ones, here and in processes started from here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(tiny.VARIABLE, tiny.BACKENDS)
        yield


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world, made once; never to be written to."""
    from tests import world

    root = tmp_path_factory.mktemp("pristine")
    world.make(root)
    return root


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished root made of rows, not of stages; never to be written to."""
    from tests.finished import finish

    root = tmp_path_factory.mktemp("finished")
    finish(root)
    return root


@pytest.fixture
def opened(finished: Path, tmp_path: Path) -> Callable[[str], Workspace]:
    """Opens, in a copy of the finished root, the run that a group belongs to."""
    from tests.finished import open_run

    return partial(open_run, shutil.copytree(finished, tmp_path / "root"))


@pytest.fixture
def root(pristine: Path, tmp_path: Path) -> Path:
    """A copy of the small world to change."""
    copy = tmp_path / "root"
    shutil.copytree(pristine, copy)
    return copy
