"""A crawl's format is told by its files or said, pinned, and part of what its shards depend on."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.crawl import UnreadableCrawl, format_of, pinned
from realsyn_tasks.runs.opening import open_extract
from tests.crawls import write_tiny_warc
from tests.support import run_group

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]

ROW = {
    "url": "https://pages.example/1",
    "text_list": ["A red tram climbs the steep hill."],
    "images": [None],
    "texts": ["A small brown dog runs across the field."],
}


def write_rows(crawl: Path, name: str, count: int = 3) -> str:
    """JSON lines that are rows of two formats at once."""
    crawl.mkdir(exist_ok=True)
    data = b"".join(json.dumps(ROW).encode() + b"\n" for _ in range(count))
    (crawl / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return str(crawl)


def opened(tmp_path: Path, crawl: str, format: str = "") -> Workspace:
    return open_extract(str(tmp_path / "root"), crawl, "rows", Choices(), format)


def parsed(run: Workspace) -> list[str]:
    """The sentences of the one shard that the stage parse has to do."""
    [report] = run_group(run, "extract", until="parse")["parse"]
    assert report.committed == [0]
    commit = Planner(run).commit(run.pipeline.stage("parse"), 0)
    assert commit is not None
    with run.storage.open(commit.objects["sentences"].path) as stream:
        return [str(text) for text in pq.read_table(stream)["text"].to_pylist()]


def test_a_misleading_suffix_is_seen_through_and_parse_reads_what_is_pinned(
    tmp_path: Path,
) -> None:
    run = opened(tmp_path, write_rows(tmp_path / "crawl", "part-0.warc.gz"))
    crawl = crawl_of(run.config.sources)
    assert crawl is not None
    assert (crawl.format, crawl.shards) == (
        "obelics",
        (("part-0.warc.gz",),),
    )
    assert parsed(run) == ROW["texts"]


def test_a_crawl_opened_as_another_format_is_parsed_anew(tmp_path: Path) -> None:
    crawl = write_rows(tmp_path / "crawl", "a.jsonl")
    first = opened(tmp_path, crawl, "mmc4")
    assert parsed(first) == ROW["text_list"]
    again = opened(tmp_path, crawl, "obelics")
    parse = again.pipeline.stage("parse")
    assert Planner(again).status(parse).states == {0: ShardState.STALE}
    assert again.config.digest() != first.config.digest()
    assert parsed(again) == ROW["texts"]


def test_two_formats_in_one_crawl_want_a_word(tmp_path: Path) -> None:
    write_tiny_warc(tmp_path / "crawl", pages=1, images=1, files=1)
    (tmp_path / "crawl/index.html").write_text("<html><p>An index.</p></html>")
    crawl = str(tmp_path / "crawl")
    with pytest.raises(UnreadableCrawl, match=r"index\.html.*tiny-00000\.warc\.gz.*--format"):
        format_of(crawl)
    with pytest.raises(UnreadableCrawl, match="--format"):
        pinned(crawl, "c", "")
    assert pinned(crawl, "c", "warc").shards == (("tiny-00000.warc.gz",),)
    assert pinned(crawl, "c", "html").shards == (("index.html",),)


def test_a_format_that_is_none_or_not_there_is_a_config_error(tmp_path: Path) -> None:
    crawl = write_rows(tmp_path / "crawl", "a.jsonl")
    with pytest.raises(ConfigError, match="no format 'mmc': did you mean mmc4"):
        opened(tmp_path, crawl, "mmc")
    with pytest.raises(ConfigError, match="is of the format warc"):
        opened(tmp_path, crawl, "warc")
    assert not (tmp_path / "root").exists()


def test_a_crawl_in_s3_is_pinned_by_what_the_endpoint_says_of_it(s3: Endpoint) -> None:
    rows = b"".join(json.dumps(ROW).encode() + b"\n" for _ in range(3))
    for name in ("a.jsonl", "b.jsonl"):
        s3.overwrite(f"crawl/{name}", rows)
    before = len(s3.proxy.log.requests)
    first = pinned(f"{s3.root}/crawl", "c", "mmc4")
    asked = s3.proxy.log.counts(before)
    assert asked["HEAD"] == 2
    assert not asked["GET"], "no content passes through here"
    s3.overwrite("crawl/b.jsonl", rows.replace(b"tram", b"tree"))
    again = pinned(f"{s3.root}/crawl", "c", "mmc4")
    changed = [old.path for old, new in zip(first.files, again.files, strict=True) if old != new]
    assert changed == ["b.jsonl"]
    assert [file.size for file in first.files] == [file.size for file in again.files]


def test_a_checksum_in_s3_tells_a_file_as_a_folder_does(s3: Endpoint, tmp_path: Path) -> None:
    crawl = Path(write_rows(tmp_path / "crawl", "a.jsonl"))
    Storage.at(s3.root).upload(crawl / "a.jsonl", "crawl/a.jsonl")
    there, here = (pinned(uri, "c", "mmc4") for uri in (f"{s3.root}/crawl", str(crawl)))
    assert there.files == here.files
    assert there.pinned().digest == here.pinned().digest
