"""Arrivals, tombstones and the index on a bucket: the same as on files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import tombstones
from realsyn_tasks.corpus.entries import entry_of
from realsyn_tasks.runs.arrivals import Arrivals, Quarantined, crawls, release
from realsyn_tasks.takedown.command import Form, find, take_down
from realsyn_tasks.takedown.lookup import in_datasets
from tests.datasets.test_index import write

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]
pytestmark = pytest.mark.usefixtures("hasty")
DATASET = "datasets/realsyn-made/v-1"


def test_a_dataset_is_searched_and_a_request_filed(s3: Endpoint, tmp_path: Path) -> None:
    rows = write(tmp_path / DATASET)
    for path in (tmp_path / DATASET).rglob("*.*"):
        s3.overwrite(str(path.relative_to(tmp_path)), path.read_bytes())
    s3.overwrite("list.txt", b"site1.example\nnonsense\n")
    things = ["site1.example", rows[7][0]["sha256"], hashlib.md5(rows[9][1]).hexdigest()]
    entries = [entry_of(thing) for thing in things]
    on_files = in_datasets(Storage.at(str(tmp_path)), entries)
    assert in_datasets(Storage.at(s3.root), entries) == on_files
    assert find(s3.root, things[:1])["found"][0]["pairs"] > 0

    found = take_down(s3.root, Form(file=f"{s3.root}/list.txt"), dry_run=False)
    assert (found["number"], found["bad_lines"]) == (1, 1)
    assert found["datasets"][0]["pairs"] > 0
    assert take_down(s3.root, Form(domains="site1.example"), dry_run=False)["number"] == 1
    assert tombstones.state(Storage.at(s3.root)).number == 1
    assert b"site1.example" in s3.stored(found["receipt"].removeprefix(f"{s3.root}/"))


def test_crawls_arrive_under_a_prefix(s3: Endpoint) -> None:
    s3.overwrite("crawls/whole/a.warc.gz", b"x")
    s3.overwrite("crawls/whole/_SUCCESS", b"")
    s3.overwrite("crawls/half/a.warc.gz", b"x")
    s3.overwrite("crawls/bad/a.txt", b"x")
    uri = f"{s3.root}/crawls/bad"
    note = Quarantined(crawl=uri, name="bad", reason="unreadable", why="it is no crawl")
    s3.overwrite("quarantine/bad.json", note.model_dump_json().encode())
    found = crawls(Arrivals(s3.root, settle_seconds=0.0))
    want = {"bad": "quarantined", "half": "arriving", "whole": "ready"}
    assert {crawl.name: crawl.state for crawl in found} == want
    assert release(s3.root, uri) == note
    assert s3.keys("quarantine") == []
