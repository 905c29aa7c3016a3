"""A deployment that names its prefixes reads and writes nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core import prefixes
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.runs import arrivals
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_build, open_extract
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.takedown.command import Form, find, take_down


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "inside"
    write_crawl(folder / "root/crawls/mine")
    write_crawl(tmp_path / "outside/crawls/theirs")
    monkeypatch.setenv(prefixes.VARIABLE, f"s3://data/runs, {folder}")
    monkeypatch.delenv("REALSYN_ROOT", raising=False)
    return folder


def write_crawl(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "page.html").write_text("<p>A page with a sentence.</p>")
    (folder / "_SUCCESS").touch()


def test_none_named_allows_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(prefixes.VARIABLE, " , ")
    monkeypatch.setenv("REALSYN_ROOT", "/data")
    assert prefixes.named() == ()
    assert prefixes.allowed("/etc") == "/etc"


@pytest.mark.parametrize(
    "uri", ["s3://data/runs", "s3://data/runs/a/", "INSIDE", "INSIDE/x/../y", "file://INSIDE/x"]
)
def test_places_below_a_prefix_are_allowed(uri: str, inside: Path) -> None:
    place = uri.replace("INSIDE", str(inside))
    assert prefixes.allowed(place) == place


@pytest.mark.parametrize(
    "uri",
    [
        "s3://data/runs-2",
        "s3://data",
        "s3://other/runs",
        "/",
        "INSIDE-2",
        "INSIDE/..",
        "INSIDE/out/x",
    ],
)
def test_places_elsewhere_are_refused_and_the_prefixes_named(uri: str, inside: Path) -> None:
    (inside / "out").symlink_to(inside.parent / "outside")
    with pytest.raises(ConfigError, match=rf"s3://data/runs, {inside}"):
        prefixes.allowed(uri.replace("INSIDE", str(inside)))


def test_the_root_of_the_deployment_counts(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = str(inside.parent / "outside")
    monkeypatch.setenv("REALSYN_ROOT", outside)
    assert prefixes.allowed(outside) == outside


def test_no_command_takes_a_root_or_crawl_elsewhere(inside: Path) -> None:
    root, outside = str(inside / "root"), str(inside.parent / "outside")
    theirs = f"{outside}/crawls/theirs"
    (inside / "link").symlink_to(theirs)
    for act in (
        lambda: open_extract(outside, f"{root}/crawls/mine", "", Choices()),
        lambda: open_extract(root, theirs, "", Choices()),
        lambda: open_extract(root, str(inside / "link"), "", Choices()),
        lambda: open_build(outside, "5", "", [], Choices()),
        lambda: take_down(outside, Form(domains="a.example"), dry_run=True),
        lambda: find(outside, ["a.example"]),
        lambda: arrivals.crawls(arrivals.Arrivals(outside)),
        lambda: arrivals.crawls(arrivals.Arrivals(root, f"{outside}/crawls")),
    ):
        with pytest.raises(ConfigError, match="outside of what this deployment"):
            act()
    assert open_extract(root, f"{root}/crawls/mine", "", Choices()).config.name == "mine"


def test_no_run_is_opened_through_a_link(inside: Path) -> None:
    run = open_extract(str(inside / "root"), str(inside / "root/crawls/mine"), "", Choices())
    assert Workspace.open(run.uri, PIPELINE).uri == run.uri
    folder = inside / "root/extracts/mine"
    folder.rename(inside.parent / "outside/mine")
    folder.symlink_to(inside.parent / "outside/mine")
    with pytest.raises(ConfigError, match="outside of what this deployment"):
        Workspace.open(run.uri, PIPELINE)


def test_a_crawl_that_is_a_link_elsewhere_is_passed_over(inside: Path) -> None:
    (inside / "root/crawls/link").symlink_to(inside.parent / "outside/crawls/theirs")
    found = arrivals.crawls(arrivals.Arrivals(str(inside / "root"), settle_seconds=0.0))
    assert {crawl.name: crawl.state for crawl in found} == {"mine": "ready", "link": "refused"}


def test_a_crawl_that_has_no_uri_stops_no_other(tmp_path: Path) -> None:
    write_crawl(tmp_path / "crawls/what?")
    write_crawl(tmp_path / "crawls/mine")
    found = arrivals.crawls(arrivals.Arrivals(str(tmp_path), settle_seconds=0.0))
    assert sorted(crawl.state for crawl in found) == ["ready", "refused"]


def test_storage_opens_nothing_elsewhere(inside: Path) -> None:
    with pytest.raises(ConfigError):
        Storage.at("/etc").read("passwd")
