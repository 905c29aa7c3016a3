"""What several folders of tests share because it is dear to make."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world, made once; never to be written to."""
    from tests import world  # the tests of the control plane lack what it needs

    root = tmp_path_factory.mktemp("pristine")
    world.make(root)
    return root
