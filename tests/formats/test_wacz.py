"""WACZ files: the WARC files in a zip, in whatever form, as one."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest

from realsyn_tasks.formats import BadRecord, CorruptCrawlFile, Document, ImageNode, read
from realsyn_tasks.formats.folder import list_folder
from tests.crawls import HOST, Response, picture, write_warc
from tests.formats.warc_forms import PACKINGS, Form, Record, pack, texts, write

Members = dict[str, bytes]


def zipped(members: Members, packing: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def listed(members: Members) -> Members:
    resources = [{"path": name, "bytes": len(data)} for name, data in members.items()]
    return members | {"datapackage.json": json.dumps({"resources": resources}).encode()}


def read_wacz(tmp_path: Path, data: bytes) -> list[Document | BadRecord]:
    (tmp_path / "crawl").mkdir(exist_ok=True)
    (tmp_path / "crawl/a.wacz").write_bytes(data)
    return list(read("wacz", list_folder(tmp_path / "crawl"), lambda _: None))


def first_texts(items: list[Document | BadRecord]) -> list[str]:
    return [item.nodes[0].text for item in items if isinstance(item, Document)]


def reasons(items: list[Document | BadRecord]) -> list[str]:
    return [item.reason.code for item in items if isinstance(item, BadRecord)]


@pytest.mark.parametrize("zip_packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("packing", PACKINGS)
def test_warc_files_of_all_forms_are_read(tmp_path: Path, packing: str, zip_packing: int) -> None:
    form = Form(packing)
    members = listed({f"archive/data{form.suffix}": write(form, 6).file()})
    items = read_wacz(tmp_path, zipped(members, zip_packing))
    assert first_texts(items) == texts(6) and not reasons(items)
    assert len({item.offset for item in items}) == 6


def test_archives_in_archives_are_read_and_their_pictures_found(tmp_path: Path) -> None:
    page = Response(f"{HOST}/0.html", b"<p>A page.</p><img src=a.jpg>")
    image = Response(f"{HOST}/a.jpg", picture(1), "image/jpeg")
    parts = [
        write_warc(tmp_path / f"{number}.warc.gz", [response]).read_bytes()
        for number, response in enumerate((page, image))
    ]
    inner = [zipped(listed({"archive/rec.warc.gz": part})) for part in parts]
    data = zipped(listed({f"{number}.wacz": part for number, part in enumerate(inner)}))
    items = read_wacz(tmp_path, data)
    assert not reasons(items)
    [document] = items
    assert isinstance(document, Document)
    assert [node.data for node in document.nodes if isinstance(node, ImageNode)] == [picture(1)]


@pytest.mark.parametrize("packing", PACKINGS)
def test_pictures_are_found_in_other_files_of_any_form(tmp_path: Path, packing: str) -> None:
    form = Form(packing)
    page = b"<p>A page.</p>" + b"".join(b"<img src=%d.jpg>" % number for number in range(20))
    pictures = [picture(number, (40, 30)) for number in range(20)]
    site = [page_of(f"{HOST}/0.html", page), *map(picture_of, range(20), pictures)]
    members = {
        f"archive/{place}{form.suffix}": pack(form, records).file()
        for place, records in enumerate((site[:7], site[7:14], site[14:]))
    }
    items = read_wacz(tmp_path, zipped(listed(members)))
    [document] = items
    assert isinstance(document, Document)
    assert [node.data for node in document.nodes if isinstance(node, ImageNode)] == pictures
    (tmp_path / "crawl/a.wacz").unlink()
    (tmp_path / "crawl/a").write_bytes(b"".join(members.values()))
    [joined] = read("warc", list_folder(tmp_path / "crawl"), lambda _: None)
    assert isinstance(joined, Document) and joined.nodes == document.nodes


def page_of(url: str, body: bytes) -> Record:
    return Record(url, b"text/html", body)


def picture_of(number: int, body: bytes) -> Record:
    return Record(f"{HOST}/{number}.jpg", b"image/jpeg", body)


def test_bytes_that_the_list_names_and_the_archive_lacks_are_told(tmp_path: Path) -> None:
    whole = write(Form("gzip"), 6)
    members = listed({"archive/a.warc.gz": whole.file(), "archive/b.warc.gz": b"x" * 500})
    del members["archive/b.warc.gz"]
    members["archive/a.warc.gz"] = b"".join(whole.records[:2])
    items = read_wacz(tmp_path, zipped(members))
    assert first_texts(items) == texts(2)
    lost = [item.lost for item in items if isinstance(item, BadRecord)]
    assert reasons(items) == ["file_cut"] * 2
    assert lost == [len(b"".join(whole.records[2:])), 500]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_an_archive_cut_off_keeps_what_came_before(tmp_path: Path, share: float) -> None:
    data = zipped(listed({"archive/data.warc.gz": write(Form("gzip"), 20).file()}))
    items = read_wacz(tmp_path, data[: int(len(data) * share)])
    assert first_texts(items) == texts(20)[: len(first_texts(items))] != []
    assert reasons(items).count("file_cut") >= 1


def test_a_damaged_member_costs_what_is_damaged(tmp_path: Path) -> None:
    plain = {f"archive/{n}.warc": write(Form(""), 200).file() for n in range(2)}
    data = bytearray(zipped(plain, zipfile.ZIP_DEFLATED))
    data[len(data) // 4] ^= 0xFF
    items = read_wacz(tmp_path, bytes(data))
    assert first_texts(items)[-200:] == texts(200)
    assert "damaged_member" in reasons(items)


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04 and no more", gzip.compress(b"x"), b"no archive"],
    ids=["empty", "begun", "gzip", "text"],
)
def test_what_is_no_archive_is_named(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CorruptCrawlFile, match=r"a\.wacz"):
        read_wacz(tmp_path, data)


def test_an_archive_without_a_crawl_has_a_reason(tmp_path: Path) -> None:
    assert reasons(read_wacz(tmp_path, zipped({"a.txt": b"x"}))) == ["no_content"]


@pytest.mark.parametrize("content", [b"[]", b"{", b'{"resources": [1]}', b'{"resources": 7}'])
def test_a_list_that_is_none_counts_for_nothing(tmp_path: Path, content: bytes) -> None:
    members = {"archive/a.warc": write(Form(""), 2).file(), "datapackage.json": content}
    items = read_wacz(tmp_path, zipped(members))
    assert first_texts(items) == texts(2) and not reasons(items)
