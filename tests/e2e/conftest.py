"""An undisturbed build by a real scheduler, which several tests look at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.airflow_home import TINY_STAGES
from tests.crawls import write_tiny_warc
from tests.e2e.airflow import Site


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, int, str]]:
    """A site after a build, with the exit code and what was printed."""
    site = Site(tmp_path_factory.mktemp("undisturbed"))
    code, said = site.build()
    assert code == 0, said
    yield site, code, said
    site.stop()


@dataclass
class Upkeep:
    """A site on which realsyn_ingest and realsyn_backfill have run, each on a root of its own."""

    site: Site
    arrived: Path  # root with two crawls
    damaged: Path  # copy of the undisturbed root, harmed before
    backfill: str  # path of its run


@pytest.fixture(scope="session")
def upkeep(
    undisturbed: tuple[Site, int, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upkeep]:
    """Both at once, for Airflow takes longer to start than they do."""
    site = Site(tmp_path_factory.mktemp("upkeep"))
    arrived, damaged = site.folder / "arrived", site.folder / "damaged"
    for name, pages in (("first", 4), ("second", 5)):
        write_tiny_warc(arrived / "crawls" / name, pages=pages, images=2 * pages, files=1)
    shutil.copytree(undisturbed[0].root, damaged)
    harm(damaged / "builds")
    with site.serving():
        form = {"root": str(arrived), "stages": TINY_STAGES}
        runs = [
            site.trigger("realsyn_ingest", form),
            site.trigger("realsyn_backfill", {"root": str(damaged)}),
        ]
        for run in runs:
            site.wait(run)
        yield Upkeep(site, arrived, damaged, runs[1])


def harm(builds: Path) -> None:
    """Take a marker away from one shard, and an object from another."""
    [tags] = builds.glob("*/tag_images/_commits/00000.json")
    tags.unlink()
    [vectors] = builds.glob("*/embed_texts/shard=00001/*-vectors.parquet")
    vectors.unlink()
