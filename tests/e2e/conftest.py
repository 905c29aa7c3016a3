"""An undisturbed build by a real scheduler, which several tests look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.airflow import Site


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, int, str]]:
    """A site after a build, with the exit code and what was printed."""
    site = Site(tmp_path_factory.mktemp("undisturbed"))
    code, said = site.build()
    assert code == 0, said
    yield site, code, said
    site.stop()
