"""Finding work: runs with something left to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_build, open_extract
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.runs.root import Runs
from tests.crawls import write_tiny_warc
from tests.support import run_group

CHOICES = Choices(stages={"link_neighbours": {"image_cosine": 0.999}})  # the tiny encoder's own


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    write_tiny_warc(folder / "crawls" / "first")
    return folder


def due(root: str, group: str, build: str = "") -> list[str]:
    return [run.uri for run in Runs(root).due(group, build)]


def uri(run: Workspace) -> list[str]:
    return [run.uri]


def finish(run: Workspace, group: str) -> None:
    run_group(run, group)
    gate(run, group).raise_if_failed()
    promote(run, group)


def test_work_is_found_where_it_is_due_and_nowhere_else(root: Path) -> None:
    where = str(root)
    crawl = f"{root.as_uri()}/crawls/first"
    assert due(where, "extract") == []

    extract = open_extract(where, crawl, "", CHOICES)
    assert due(where, "extract") == uri(extract)
    run_group(extract, "extract")
    assert due(where, "extract") == uri(extract), "it is complete, but not promoted"
    finish(extract, "extract")
    assert due(where, "extract") == []

    build = open_build(where, "6", "", [], CHOICES)
    assert due(where, "retrieve") == uri(build)
    assert due(where, "synthesize") == [], "its turn comes after retrieve"
    finish(build, "retrieve")
    assert due(where, "retrieve") == []
    assert due(where, "synthesize") == uri(build)

    marker = next((root / "builds" / "6" / "merge_matches" / "_commits").glob("*.json"))
    kept = marker.read_bytes()
    marker.unlink()
    assert due(where, "retrieve") == uri(build), "a shard is missing"
    assert due(where, "retrieve", build.uri) == uri(build)
    assert due(where, "retrieve", extract.uri) == []
    assert due(where, "synthesize") == []
    marker.write_bytes(kept)
    assert due(where, "retrieve") == []


def test_an_unknown_group_is_refused_with_those_there_are(root: Path) -> None:
    with pytest.raises(ConfigError, match="extract, retrieve, synthesize, sample"):
        due(str(root), "publish")
