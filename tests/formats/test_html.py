"""HTML folders: pages as files, images only from inside the folder."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import zstandard

from realsyn_tasks.formats import (
    FORMATS,
    BadRecord,
    Document,
    ImageNode,
    Limits,
    TextNode,
    group_into_shards,
    read,
)
from realsyn_tasks.formats.folder import list_folder
from tests.crawls import picture, write_tiny_html_folder


def read_folder(folder: Path, limits: Limits | None = None) -> list[Document | BadRecord]:
    files = {file.path: file for file in list_folder(folder)}
    suffixes = FORMATS["html"].suffixes
    pages = [(path, file.size) for path, file in files.items() if path.endswith(suffixes)]
    shards = group_into_shards(pages, "html")
    mine = [files[path] for shard in shards for path in shard]
    return list(read("html", mine, files.get, limits))


def images(items: Sequence[Document | BadRecord]) -> list[ImageNode]:
    found = [item for item in items if isinstance(item, Document)]
    return [node for item in found for node in item.nodes if isinstance(node, ImageNode)]


def reasons(items: Sequence[Document | BadRecord]) -> list[str]:
    return [item.reason.code for item in items if isinstance(item, BadRecord)]


def test_pages_are_named_by_their_paths(tmp_path: Path) -> None:
    write_tiny_html_folder(tmp_path, pages=3, images=6)
    items = read_folder(tmp_path)
    assert [item.url for item in items if isinstance(item, Document)] == [
        "page-000.html",
        "page-001.html",
        "page-002.html",
    ]
    assert {node.data for node in images(items)} == {picture(seed) for seed in range(6)}
    assert {node.declared_type for node in images(items)} == {"image/jpeg"}


@pytest.mark.parametrize(
    "reference",
    ["../secret.jpg", "{outside}", "file://{outside}", "..%2fsecret.jpg", "\\secret.jpg"],
)
def test_references_out_of_the_folder_are_refused(tmp_path: Path, reference: str) -> None:
    (tmp_path / "crawl").mkdir()
    outside = tmp_path / "secret.jpg"
    outside.write_bytes(picture(1))
    html = f"<p>One.</p><img src='{reference.format(outside=outside)}'>"
    (tmp_path / "crawl" / "page.html").write_text(html)
    items = read_folder(tmp_path / "crawl")
    assert images(items) == []
    assert reasons(items) == ["unsafe_address"]


def test_links_out_of_the_folder_are_not_listed(tmp_path: Path) -> None:
    crawl = tmp_path / "crawl"
    crawl.mkdir()
    (tmp_path / "secret.jpg").write_bytes(picture(1))
    (crawl / "own.jpg").write_bytes(picture(2))
    (crawl / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (crawl / "inner.jpg").symlink_to("own.jpg")
    (crawl / "dangling.jpg").symlink_to("nothing.jpg")
    (crawl / "loop.jpg").symlink_to("loop.jpg")
    names = ("link", "inner", "dangling", "loop")
    html = "<p>One.</p>" + "".join(f"<img src={name}.jpg>" for name in names)
    (crawl / "page.html").write_text(html)
    assert [file.path for file in list_folder(crawl)] == ["inner.jpg", "own.jpg", "page.html"]
    assert [node.data for node in images(read_folder(crawl))] == [None, picture(2), None, None]


def test_an_image_elsewhere_on_the_web_has_no_bytes(tmp_path: Path) -> None:
    html = "<p>One.</p><img src=https://a.example/x.jpg><img src=//a.example/y.jpg>"
    (tmp_path / "page.html").write_text(html)
    items = read_folder(tmp_path)
    assert [(n.url, n.data) for n in images(items)] == [
        ("https://a.example/x.jpg", None),
        ("https://a.example/y.jpg", None),
    ]


def test_images_inside_the_page(tmp_path: Path) -> None:
    inline = base64.b64encode(picture(3)).decode()
    html = f"<p>One.</p><img src='data:image/jpeg;base64,{inline}'><img src='data:text/html,x'>"
    (tmp_path / "page.html").write_text(html)
    items = read_folder(tmp_path)
    (node,) = images(items)
    assert node.data == picture(3)
    assert node.url.startswith("page.html#data-") and len(node.url) < 60
    assert reasons(items) == ["broken_data_uri"]
    assert images(read_folder(tmp_path, Limits(image_bytes=100))) == []


def test_an_image_counts_once_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture(1))
    (tmp_path / "page.html").write_text("<p>One.</p>" + "<img src=a.jpg><img src=./a.jpg>" * 50)
    assert len(images(read_folder(tmp_path))) == 1


def test_bad_pages_are_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a-empty.html").write_bytes(b"")
    (tmp_path / "b-noise.html").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "c-blank.html").write_bytes(b"<p> </p>")
    (tmp_path / "d-large.html").write_bytes(b"<p>x</p>" * 1_000)
    (tmp_path / "e-good.htm").write_bytes(b"<p>Fine.</p>")
    (tmp_path / "f-long.xhtml").write_bytes(b"<p>x</p>" * 20)
    items = read_folder(tmp_path, Limits(page_bytes=5_000, nodes=10))
    expected = ["empty_file", "broken_encoding", "no_content", "oversized_body", "page_cut"]
    assert reasons(items) == expected
    assert [i.url for i in items if isinstance(i, Document)] == ["e-good.htm", "f-long.xhtml"]
    assert next(i.source for i in items if isinstance(i, BadRecord)) == "a-empty.html"


def test_base_and_subfolders(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_bytes(picture(1))
    (tmp_path / "pages" / "x.html").write_text("<p>One.</p><img src=../pictures/a.jpg>")
    (tmp_path / "y.html").write_text("<base href='pictures/'><p>One.</p><img src=a.jpg>")
    assert [node.url for node in images(read_folder(tmp_path))] == ["pictures/a.jpg"] * 2


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_pages_are_read_packed_as_servers_keep_them(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "a.html.gz").write_bytes(pack(b"<p>A page.</p>"))
    (tmp_path / "b.html.gz").write_bytes(pack(b"<p>word " * 3_000))
    (tmp_path / "c.html.gz").write_bytes(pack(bytes(range(256)))[:40])
    limits = Limits(page_bytes=10_000)
    items = list(read("html", list_folder(tmp_path), lambda _: None, limits))
    bomb, torn = [item.reason.code for item in items[1:]]  # type: ignore[union-attr]
    assert bomb == "decompression_bomb" and torn in ("undecodable_body", "broken_encoding")
    assert isinstance(items[0], Document) and items[0].nodes == (TextNode("A page."),)
