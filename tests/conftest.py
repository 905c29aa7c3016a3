"""What folders of tests share: runs that they open are of tiny models, and what is dear to make."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import tiny

if TYPE_CHECKING:  # the tests of the control plane lack what these need
    from realsyn_tasks.core.workspace import Workspace
    from tests.hard_world import Hard


def pytest_collection_finish() -> None:
    """Let no collection of garbage look at modules and tests again, and let there be fewer."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


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
def hard(tmp_path_factory: pytest.TempPathFactory) -> Hard:
    """The small world, made once more and the hard way."""
    from tests import hard_world

    return hard_world.make(tmp_path_factory.mktemp("hard"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished root made of rows, not of stages; never to be written to."""
    from tests.finished import finish

    root = tmp_path_factory.mktemp("finished")
    finish(root)
    return root


@pytest.fixture(scope="session")
def published_root(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published version, with all that is said of it; its root is never to be written to."""
    from realsyn_tasks.report.attachments import attach
    from realsyn_tasks.runs.promotion import promote
    from tests.finished import open_run

    root = shutil.copytree(finished, tmp_path_factory.mktemp("published") / "root")
    build = open_run(root, "sample")
    promote(build, "sample")
    attach(build)
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
