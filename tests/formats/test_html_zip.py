"""Zipped folders of pages: nothing is unpacked to disk, and no archive costs more than it may."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from realsyn_tasks.formats import (
    BadRecord,
    CorruptCrawlFile,
    Document,
    ImageNode,
    Limits,
    read,
)
from realsyn_tasks.formats.folder import list_folder
from tests.crawls import picture
from tests.formats.files import write_zip

PAGE = b"<p>A page.</p><img src='../pictures/a.jpg' alt='A tram'>"


def read_zip(folder: Path, limits: Limits | None = None) -> list[Document | BadRecord]:
    return list(read("html_zip", list_folder(folder), lambda _: None, limits))


def reasons(items: list[Document | BadRecord]) -> list[str]:
    return [item.reason.code for item in items if isinstance(item, BadRecord)]


def test_pages_come_with_the_images_beside_them(tmp_path: Path) -> None:
    members = {"site/b.html": PAGE, "pictures/a.jpg": picture(1), "site/a.html": b"<p>First.</p>"}
    path = write_zip(tmp_path / "site.zip", members)
    first, second = read_zip(tmp_path)
    assert isinstance(first, Document) and isinstance(second, Document)
    assert (first.url, second.url) == ("site/a.html", "site/b.html")
    image = second.nodes[1]
    assert isinstance(image, ImageNode) and image.data == picture(1) and image.alt == "A tram"
    assert second.source == "site.zip"
    assert path.read_bytes()[second.offset :].startswith(b"PK\x03\x04")


def test_a_picture_that_no_page_of_the_archive_shows_has_a_row(tmp_path: Path) -> None:
    members = {"site/b.html": PAGE, "pictures/a.jpg": picture(1), "pictures/b.jpg": picture(2)}
    write_zip(tmp_path / "site.zip", members | {"site/a.css": b"p {}"})
    [row] = [item for item in read_zip(tmp_path) if isinstance(item, BadRecord)]
    assert (row.reason.code, row.detail) == ("not_shown", "pictures/b.jpg")


@pytest.mark.parametrize(
    "name",
    ["../out.html", "/etc/page.html", "a/../../b.html", "C:/x.html", "..\\b.html", "\\\\a\\b.html"],
)
def test_paths_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    path = write_zip(
        tmp_path / "a.zip", {"x" * len(name): b"<p>Bad.</p>", "z.html": b"<p>Good.</p>"}
    )
    path.write_bytes(path.read_bytes().replace(b"x" * len(name), name.encode()))
    items = read_zip(tmp_path)
    assert reasons(items) == ["unsafe_member"]
    assert [item.url for item in items if isinstance(item, Document)] == ["z.html"]


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("page.html")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert reasons(read_zip(tmp_path)) == ["unsafe_member"]


def test_bombs_are_refused_whole(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", {"a.html": b" " * 30_000_000})
    with pytest.raises(CorruptCrawlFile, match="is a bomb: 30000000 bytes"):
        read_zip(tmp_path, Limits(record_bytes=1000))
    with pytest.raises(CorruptCrawlFile, match="more than 0 files"):
        read_zip(tmp_path, Limits(members=0))


def test_members_that_share_their_bytes_are_a_bomb(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {f"{n}.html": b"<p>page</p>" * n for n in range(1, 9)})
    with zipfile.ZipFile(path, "a") as archive:
        member = archive.infolist()[-1]
        member.compress_size = 10**6
        archive._didModify = True  # type: ignore[attr-defined]
    with pytest.raises(CorruptCrawlFile, match="share their bytes"):
        read_zip(tmp_path)


def test_a_member_longer_than_it_says_or_damaged_costs_itself(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.html": b"<p>" + b"one " * 500, "b.html": b"<p>Two."})
    data = bytearray(path.read_bytes())
    data[40:46] = b"\xff" * 6
    path.write_bytes(data)
    items = read_zip(tmp_path)
    assert reasons(items) == ["damaged_member"]
    assert [item.url for item in items if isinstance(item, Document)] == ["b.html"]
    write_zip(path, {"a.html": b"<p>" + b"long " * 500})
    assert reasons(read_zip(tmp_path, Limits(page_bytes=100))) == ["oversized_body"]


def test_a_damaged_picture_leaves_a_node_without_bytes(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("pictures/a.jpg", picture(1))
        archive.writestr("site/b.html", PAGE)
    data = bytearray(out.getvalue())
    data[300:310] = b"\0" * 10
    (tmp_path / "a.zip").write_bytes(data)
    told, page, problem = read_zip(tmp_path)
    assert isinstance(told, BadRecord) and told.reason == problem.reason  # type: ignore[union-attr]
    assert isinstance(page, Document) and page.nodes[1].data is None  # type: ignore[union-attr]
    assert isinstance(problem, BadRecord) and problem.reason.code == "damaged_member"
    assert problem.detail.startswith("pictures/a.jpg")
    assert problem.lost == len(picture(1))


def test_an_archive_without_a_page_says_so(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", {"pictures/a.jpg": picture(1)})
    assert reasons(read_zip(tmp_path)) == ["not_shown", "no_content"]


def test_a_member_without_a_name_or_with_a_broken_one_costs_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x.html", "é.html", "z.html"):
            archive.writestr(name, b"<p>A page.</p>")
        archive.filelist[0].filename = ""
    path.write_bytes(path.read_bytes().replace("é.html".encode(), b"\xff\xff.html", 1))
    items = read_zip(tmp_path)
    assert reasons(items) == ["unsafe_member", "damaged_member"]
    assert [item.url for item in items if isinstance(item, Document)] == ["z.html"]


def test_what_is_no_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK no zip")
    with pytest.raises(CorruptCrawlFile, match="is no zip archive"):
        read_zip(tmp_path)
