"""Builds by a real scheduler, which several tests look at."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_build, open_extract
from tests.airflow_home import TINY_STAGES
from tests.crawls import write_tiny_warc
from tests.e2e.airflow import LOOK, TARGET, TIMEOUT, Site, kill, wait_for
from tests.e2e.test_pipeline import GROUPS, finish
from tests.evaluate import tiny_protocols


@dataclass
class Undisturbed:
    """What a build of a site's crawl makes in one process, which nobody harms."""

    pairs: dict[str, str]  # digests of its data
    commits: int


@dataclass
class Taken:
    """A site after builds that were killed, and one that took up their work and ended."""

    site: Site
    said: str  # what all of them printed
    last: str  # what the last one printed
    left: list[int]  # processes of Airflow that were there afterwards


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The tiny crawl, built stage by stage."""
    site = Site(tmp_path_factory.mktemp("undisturbed"))
    choices = Choices(stages=TINY_STAGES)
    finish(open_extract(str(site.root), str(site.crawl), "crawl", choices), "extract")
    build = open_build(str(site.root), TARGET, "", [], choices)
    for group in GROUPS:
        finish(build, group)
    return Undisturbed(site.pairs(), site.commits())


def reaches(site: Site, commits: int) -> bool:
    return site.commits() >= commits


@pytest.fixture(scope="session")
def taken(undisturbed: Undisturbed, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """A build in which a batch is killed, and then Airflow; twice, and begun again each time."""
    site = Site(tmp_path_factory.mktemp("taken"))
    said: list[str] = []
    for stage, moment in (("parse", undisturbed.commits // 9), ("generate_texts", 0)):
        site.hold(stage)
        build = site.start()
        kill_batch(site, stage, build)
        reached = wait_for(partial(reaches, site, moment), build)
        assert reached, build.communicate()[0]
        kill([build.pid, *site.processes()])
        said.append(build.communicate()[0])
    code, last = site.build()
    assert code == 0, last
    return Taken(site, "".join([*said, last]), last, site.processes())


def kill_batch(site: Site, stage: str, build: subprocess.Popen[str]) -> None:
    """Kill the batches that are held up, and wait until another try has got further."""
    words = f"tiny_data_plane run {stage}"
    assert wait_for(lambda: site.processes(words), build), build.communicate()[0]
    before = site.commits()
    site.let_go()
    kill(site.processes(words))
    assert wait_for(lambda: site.commits() > before, build), build.communicate()[0]


@pytest.fixture(scope="session")
def served(taken: Taken) -> Iterator[Site]:
    """The same site with its Airflow kept up: what is built from now on goes through that."""
    with taken.site.serving():
        yield taken.site


SUPERVISOR = 60.0  # seconds in which processes of a stopped run are to be gone


@dataclass
class Stopped:
    """A build that was marked as failed while its extract was at work."""

    extract: dict[str, Any]  # the run behind its box, once that has ended
    left: list[int]  # processes of the data plane that were still at it then
    promoted: list[str]  # crawls of the corpus when nothing was at work any more


@dataclass
class Upkeep:
    """A site on which realsyn_ingest and realsyn_backfill have run, each on a root of its own."""

    site: Site
    damaged: Path  # copy of the pristine root, harmed before
    backfill: str  # path of its run
    tried: list[str]  # crawls of the runs of realsyn_extract that ingest has started
    build: str  # path of the run of realsyn_build after the last crawl
    stopped: Stopped


@pytest.fixture(scope="session")
def upkeep(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upkeep]:
    """Crawls that are dropped into the folder of a running Airflow, and a repair beside that.

    The first is there when realsyn_ingest is switched on. A bad one and a good one follow; nobody
    triggers anything but the repair, and at last a build. Heads that are trained later wait until
    they are let go.
    """
    site = Site(tmp_path_factory.mktemp("upkeep"))
    damaged = site.folder / "damaged"
    shutil.copytree(pristine, damaged)
    harm(damaged / "builds")
    drop(site.default, "a", pages=4)
    tiny_protocols.write_include(site.include, tiny=tiny_protocols.LEARNING)
    tiny_protocols.write_sets(site.sets)
    site.hold("train_heads")
    with site.serving():
        for group in ("ingest", "extract"):
            site.switch_on(f"realsyn_{group}")
        backfill = site.trigger("realsyn_backfill", {"root": str(damaged)})
        site.wait(backfill)
        until(lambda: generations(site) == ["a"])
        drop_without_images(site.default, "b")
        drop(site.default, "c", pages=6)
        (site.default / "crawls/d").mkdir()
        (site.default / "crawls/d/half.warc.gz").touch()
        until(lambda: len(generations(site)) == 2 and quarantine(site))
        nights = len(site.runs("realsyn_ingest"))
        until(lambda: len(site.runs("realsyn_ingest")) >= nights + 2)
        until(lambda: all(run["end_date"] for run in site.runs("realsyn_ingest")))
        site.switch_off("realsyn_ingest")  # a look every minute is work, too
        tried = [run["conf"]["crawl"] for run in site.runs("realsyn_extract") if run["conf"]]
        form = {"root": str(site.default), "scale": "6", "stages": TINY_STAGES, "analyze": False}
        build = site.trigger("realsyn_build", form)
        site.wait(build)
        tried = [crawl for crawl in tried if crawl.startswith(site.default.as_uri())]
        yield Upkeep(site, damaged, backfill, tried, build, stop_a_build(site))


def stop_a_build(site: Site) -> Stopped:
    """Start a build on another crawl, and mark it as failed as soon as a stage of it runs."""
    crawl = site.folder / "elsewhere" / "e"
    write_tiny_warc(crawl, pages=6, images=12, files=1)
    form = {"root": str(site.default), "crawl": str(crawl), "scale": "6", "name": "stopped"}
    build = site.trigger("realsyn_build", {**form, "stages": TINY_STAGES})
    until(lambda: at_work(site, child_of(site, build)), look=1.0)
    extract = child_of(site, build)
    site.call(f"{build}?update_mask=state", {"state": "failed"}, "PATCH")
    until(lambda: site.call(extract)["state"] not in ("queued", "running"))
    run = site.call(extract)
    deadline = time.monotonic() + SUPERVISOR
    while (left := site.processes("extracts/e")) and time.monotonic() < deadline:
        time.sleep(0.5)
    return Stopped(run, left, generations(site))


def child_of(site: Site, build: str) -> str:
    """Give the path of the run behind a build's box `extract`; "" before it was started."""
    run_id = build.rsplit("/", 1)[-1]
    runs = [r for r in site.runs("realsyn_extract") if r["dag_run_id"].endswith(run_id)]
    return f"dags/realsyn_extract/dagRuns/{runs[0]['dag_run_id']}" if runs else ""


def at_work(site: Site, run: str) -> bool:
    """Say whether a stage of a run is running."""
    tasks = site.call(f"{run}/taskInstances?limit=100")["task_instances"] if run else []
    return any(t["state"] == "running" and t["task_id"].startswith("stages.") for t in tasks)


def drop(root: Path, name: str, pages: int) -> None:
    """Deliver a crawl, its marker last."""
    folder = root / "crawls" / name
    write_tiny_warc(folder, pages=pages, images=2 * pages, files=1)
    (folder / "_SUCCESS").touch()


def drop_without_images(root: Path, name: str) -> None:
    """Deliver a crawl that no gate lets pass."""
    folder = root / "crawls" / name
    folder.mkdir(parents=True)
    (folder / "page.html").write_text("<p>A page that has no picture, but a long sentence.</p>")
    (folder / "_SUCCESS").touch()


def generations(site: Site) -> list[str]:
    """Name the crawls of the corpus, oldest first."""
    pointers = sorted(site.default.glob("corpus/*/generation.json"))
    return [json.loads(path.read_text())["crawl"] for path in pointers]


def quarantine(site: Site) -> list[dict[str, str]]:
    """Read the notes of the crawls that were set aside."""
    notes = sorted(site.default.glob("quarantine/*.json"))
    return [json.loads(path.read_text()) for path in notes]


def until(condition: Callable[[], object], look: float = LOOK) -> None:
    """Wait until something is so; a look every so many seconds."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "nothing happens any more"
        time.sleep(look)


def harm(builds: Path) -> None:
    """Take a marker away from one shard, and an object from another."""
    [tags] = builds.glob("*/tag_images/_commits/00000.json")
    tags.unlink()
    [vectors] = builds.glob("*/embed_texts/shard=00001/*-vectors.parquet")
    vectors.unlink()
