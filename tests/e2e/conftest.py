"""Builds by a real scheduler, which several tests look at."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_build, open_extract
from tests.airflow_home import TINY_STAGES
from tests.crawls import write_tiny_warc
from tests.e2e.airflow import LOOK, SCALES, TIMEOUT, Site, commits, ended, kill, pairs, wait_for
from tests.e2e.airflow import published as files_of
from tests.e2e.test_pipeline import GROUPS, datasets, finish
from tests.evaluate import tiny_protocols
from tests.support import run_group


@dataclass
class Undisturbed:
    """What builds of the tiny crawl make in one process, which nobody harms."""

    root: Path
    crawl: Path
    datasets: dict[str, Path]  # by scale
    pairs: dict[str, str]  # digests of their data
    commits: int


@dataclass
class Taken:
    """A site after a build that was killed, one that took up its work, and two more."""

    site: Site
    said: str  # what the first two printed
    last: str  # what the second printed
    pairs: dict[str, str]  # digests of what it published
    commits: int
    again: tuple[int, str]  # how the same ended once more, and what it printed
    kept: bool  # whether that left all files as they were
    severe: Path  # root of a build whose gate lets nothing pass
    refused: tuple[int, str]  # how that ended, and what it printed
    left: list[int]  # processes of Airflow that were there afterwards


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The tiny crawl, built stage by stage; its root may be added to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    root, crawl = folder / "root", folder / "crawl"
    write_tiny_warc(crawl)
    made = dict(zip(SCALES, datasets(root, crawl, SCALES), strict=True))
    return Undisturbed(root, crawl, made, pairs(root), commits(root))


@pytest.fixture(scope="session")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """A build that is interrupted, and taken up by the next Airflow.

    On that run, beside each other, the same build once more and one that no gate lets pass.
    """
    site = Site(tmp_path_factory.mktemp("taken"))
    killed, severe = interrupted(site), site.folder / "severe"
    with site.serving():
        code, last = site.build()
        assert code == 0, last
        before = files_of(site.root), commits(site.root)
        once_more, refused = site.start(), start_severe(site, severe)
        again, refusal = ended(once_more), ended(refused)
    left = site.processes()
    kill(left)
    return Taken(
        site,
        said=killed + last,
        last=last,
        pairs=pairs(site.root),
        commits=before[1],
        again=again,
        kept=(files_of(site.root), commits(site.root)) == before,
        severe=severe,
        refused=refusal,
        left=left,
    )


def interrupted(site: Site) -> str:
    """Kill batches of a build, and then Airflow in the midst of a group; give what was printed."""
    site.hold("parse")
    build = site.start()
    kill_batches(site, "parse", build)
    site.hold("generate_texts")
    kill_batches(site, "generate_texts", build)
    kill([build.pid, *site.processes()])
    return build.communicate()[0]


def kill_batches(site: Site, stage: str, build: subprocess.Popen[str]) -> None:
    """Kill the batches that are held up, and wait until another try has got further."""
    words = f"tiny_data_plane run {stage}"
    assert wait_for(lambda: site.processes(words), build), build.communicate()[0]
    before = commits(site.root)
    site.let_go()
    kill(site.processes(words))
    assert wait_for(lambda: commits(site.root) > before, build), build.communicate()[0]


def start_severe(site: Site, root: Path) -> subprocess.Popen[str]:
    """Start a build of two pages whose pictures are all too small; its extract only lacks its gate.

    What comes before the gate is made in this process.
    """
    crawl = site.folder / "two-pages"
    write_tiny_warc(crawl, pages=2, images=4, files=1)
    severe = {"filter_images": {"min_side": 7000}}
    run_group(open_extract(str(root), str(crawl), "", Choices(stages=severe)), "extract")
    words = {"crawl": crawl, "root": root, "stages": json.dumps(severe)}
    return site.start(*(str(word) for k, v in words.items() for word in (f"--{k}", v)))


SUPERVISOR = 60.0  # seconds in which processes of a stopped run are to be gone


@dataclass
class Stopped:
    """A build that was marked as failed while its extract was at work."""

    extract: dict[str, Any]  # the run behind its box, once that has ended
    left: list[int]  # processes of the data plane that were still at it then
    promoted: list[str]  # crawls of the corpus when nothing was at work any more


@dataclass
class Upkeep:
    """A site on which realsyn_ingest has looked for crawls, and a build over what it took in."""

    site: Site
    tried: list[str]  # crawls of the runs of realsyn_extract that ingest has started
    stopped: Stopped


@pytest.fixture(scope="session")
def upkeep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upkeep]:
    """Crawls that are dropped into the folder of a running Airflow, where one is in the corpus.

    A bad one and a good one come once realsyn_ingest has looked in vain; nobody triggers anything.
    A build over both generations is made in one process. Heads that are trained later wait until
    they are let go.
    """
    site = Site(tmp_path_factory.mktemp("upkeep"))
    take_in(site.default, "a", pages=4)
    tiny_protocols.write_include(site.include, tiny=tiny_protocols.LEARNING)
    tiny_protocols.write_sets(site.sets)
    site.hold("train_heads")
    with site.serving():
        for group in ("ingest", "extract"):
            site.switch_on(f"realsyn_{group}")
        until(lambda: looked(site))
        drop_without_images(site.default, "b")
        drop(site.default, "c", pages=6)
        (site.default / "crawls/d").mkdir()
        (site.default / "crawls/d/half.warc.gz").touch()
        until(lambda: len(generations(site)) == 2 and quarantine(site))
        nights = len(site.runs("realsyn_ingest"))
        until(lambda: len(site.runs("realsyn_ingest")) > nights and looked(site))
        site.switch_off("realsyn_ingest")  # a look every minute is work, too
        tried = [run["conf"]["crawl"] for run in site.runs("realsyn_extract") if run["conf"]]
        build(site.default)
        yield Upkeep(site, tried, stop_a_build(site))


def take_in(root: Path, name: str, pages: int) -> None:
    """Deliver a crawl, and extract it into the corpus in this process."""
    drop(root, name, pages)
    finish(open_extract(str(root), (root / "crawls" / name).as_uri(), name, Choices()), "extract")


def build(root: Path) -> None:
    """Build over all generations in this process, as a form with its defaults does."""
    run = open_build(str(root), "6", "", [], Choices())
    for group in GROUPS:
        finish(run, group)


def looked(site: Site) -> bool:
    """Say whether realsyn_ingest has looked for crawls, and looks no more."""
    runs = site.runs("realsyn_ingest")
    return bool(runs) and all(run["end_date"] for run in runs)


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


def harm(build: Path) -> None:
    """Take a marker away from one shard, and an object from another."""
    (build / "tag_images/_commits/00000.json").unlink()
    [vectors] = build.glob("embed_texts/shard=00001/*-vectors.parquet")
    vectors.unlink()


def contents(build: Path) -> dict[str, list[str]]:
    """Digest what every marker of a build vouches for; all of it is there."""
    found, root = {}, build.parent.parent
    for path in build.glob("*/_commits/[0-9]*.json"):
        objects = json.loads(path.read_text())["objects"].values()
        assert all((root / ref["path"]).stat().st_size == ref["size"] for ref in objects), path
        found[str(path.relative_to(build))] = sorted(ref["sha256"] for ref in objects)
    return found
