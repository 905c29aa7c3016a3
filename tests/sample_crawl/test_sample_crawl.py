"""The real sample crawl, built from the real packages."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from realsyn_tasks.cli import app
from realsyn_tasks.formats import Document, ImageNode, TextNode, group_into_shards, read
from realsyn_tasks.formats.folder import list_folder
from realsyn_tasks.sample_crawl import (
    Summary,
    build,
    held_out,
    held_out_drawings,
    main,
    package_cache,
)
from realsyn_tasks.sample_crawl.drawings import title_key
from realsyn_tasks.sample_crawl.packages import PACKAGES
from realsyn_tasks.text.sentences import split_sentences

ARTICLES = ("wordnet.example", "gcide.example")
RECORDS = ("stamps.example", "drawings.example", "laboratory.example")
CACHED = {path.name.split("_")[0] for path in (package_cache() / "packages").glob("*")}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not shutil.which("apt-get") and not {package.name for package in PACKAGES} <= CACHED,
        reason="the packages are not in the cache and there is no apt",
    ),
]


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return build(tmp_path_factory.mktemp("crawl") / "sample", package_cache())


@pytest.fixture(scope="module")
def documents(crawl: Summary) -> list[Document]:
    files = {file.path: file for file in list_folder(crawl.folder)}
    packed = [(f.path, f.size) for f in files.values() if f.path.endswith(".warc.gz")]
    shards = group_into_shards(packed, "warc")
    assert len(shards) == crawl.files == 6
    items = [i for shard in shards for i in read("warc", [files[p] for p in shard], files.get)]
    assert all(isinstance(item, Document) for item in items)
    return [item for item in items if isinstance(item, Document)]


def usable(data: bytes) -> bool:
    with Image.open(BytesIO(data)) as image:
        image.load()
        short, long = sorted(image.size)
    return short >= 100 and long <= 3 * short


def test_there_are_enough_different_pictures(documents: list[Document]) -> None:
    nodes = [(d.url, n) for d in documents for n in d.nodes if isinstance(n, ImageNode)]
    assert all(node.data for _, node in nodes)
    first = {sha256(node.data).digest(): (url, node.data) for url, node in nodes if node.data}
    hosts = Counter(url.split("/")[2] for url, data in first.values() if usable(data))
    assert 600 <= hosts.total() <= 900
    of_things = hosts["stamps.example"] + hosts["drawings.example"] + hosts["laboratory.example"]
    assert of_things >= 0.6 * hosts.total()
    assert set(hosts) == {
        "gimp-help.example",
        "hugin.example",
        "skies.example",
        "stamps.example",
        "drawings.example",
        "laboratory.example",
    }


def test_there_is_prose_for_minutes_not_hours(documents: list[Document]) -> None:
    texts = [node.text for d in documents for node in d.nodes if isinstance(node, TextNode)]
    assert 4_000 <= sum(len(split_sentences(text)) for text in texts) <= 6_000


def test_the_held_out_half_is_not_in_the_crawl(documents: list[Document]) -> None:
    asked = held_out(package_cache())
    assert len(asked) > 150
    assert len({text for _, text in asked}) > 150
    seen = {sha256(n.data).digest() for d in documents for n in d.nodes if _has_data(n)}
    captions = {n.caption for d in documents for n in d.nodes if isinstance(n, ImageNode)}
    assert not {sha256(path.read_bytes()).digest() for path, _ in asked} & seen
    assert not {text for _, text in asked} & captions


def test_no_held_out_drawing_is_in_the_crawl(documents: list[Document]) -> None:
    asked = held_out_drawings(package_cache())
    assert len(asked) > 150
    seen = {sha256(n.data).digest() for d in documents for n in d.nodes if _has_data(n)}
    titles = {
        title_key(node.caption)
        for document in documents
        for node in document.nodes
        if isinstance(node, ImageNode) and document.url.startswith("https://drawings.example/")
    }
    assert len(titles) > 150
    assert not {sha256(path.read_bytes()).digest() for path, _ in asked} & seen
    assert not {title_key(title) for _, title in asked} & titles


def test_of_nearly_every_thing_shown_something_is_said_elsewhere(
    documents: list[Document],
) -> None:
    said = {heading(d) for d in documents if d.url.split("/")[2] in ARTICLES}
    shown = [
        heading(document)
        for document in documents
        if document.url.split("/")[2] in RECORDS
        for node in document.nodes
        if isinstance(node, ImageNode) and node.data and usable(node.data)
    ]
    assert sum(title in said for title in shown) >= 0.8 * len(shown)


def heading(document: Document) -> str:
    return next(node.text for node in document.nodes if isinstance(node, TextNode))


def test_what_is_held_out_is_listed(crawl: Summary, tmp_path: Path) -> None:
    words = ["sample-crawl", "--out", str(crawl.folder), "--held-out", str(tmp_path)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    for name in ("stamps", "drawings"):
        rows = [json.loads(line) for line in (tmp_path / f"{name}.jsonl").open()]
        assert len(rows) > 150
        assert all(Path(row["image"]).is_file() and row["caption"] for row in rows)


def _has_data(node: object) -> bool:
    return isinstance(node, ImageNode) and node.data is not None


def test_a_complete_crawl_is_left_alone_and_a_torn_one_made_again(
    crawl: Summary, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(crawl.folder, elsewhere)
    unchanged = build(elsewhere, package_cache())
    assert not unchanged.fresh
    assert (unchanged.size, unchanged.sources) == (crawl.size, crawl.sources)
    torn = elsewhere / "sample-00003.warc.gz"
    torn.write_bytes(torn.read_bytes()[:-1])
    (elsewhere / "sample-00099.warc.gz").write_bytes(b"stale")
    again = build(elsewhere, package_cache())
    assert again.fresh and again.sources == crawl.sources
    assert {file.name: file.read_bytes() for file in elsewhere.glob("*.warc.gz")} == {
        file.name: file.read_bytes() for file in crawl.folder.glob("*.warc.gz")
    }


def test_licences_stand_beside_the_crawl(crawl: Summary, capsys: pytest.CaptureFixture) -> None:
    text = (crawl.folder / "LICENSES.md").read_text(encoding="utf-8")
    assert all(package.name in text for package in PACKAGES)
    assert "skies.example" in text
    assert len(list((crawl.folder / "licenses").iterdir())) >= 5
    main(crawl.folder)
    printed = capsys.readouterr().out
    assert "already complete" in printed and "gimp-help-en" in printed
