"""What folders of tests share: runs that they open are of tiny models, and what is dear to make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import tiny


@pytest.fixture(scope="session", autouse=True)
def tiny_backends() -> Iterator[None]:
    """Deploy tiny models in place of the embedded ones, here and in processes started from here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(tiny.VARIABLE, tiny.BACKENDS)
        yield


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world, made once; never to be written to."""
    from tests import world  # the tests of the control plane lack what it needs

    root = tmp_path_factory.mktemp("pristine")
    world.make(root)
    return root
