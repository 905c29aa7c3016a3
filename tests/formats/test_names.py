"""Pictures of folders and archives, under the names that those who saved them gave."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from realsyn_tasks.formats import BadRecord, CrawlFile, Document, ImageNode, read
from realsyn_tasks.formats.names import Names
from tests.crawls import picture

PROSE = "<p>A fishing boat carries three wooden crates across the quiet harbour.</p>"
DATA = picture(1, (160, 120))
OTHER = picture(2, (160, 120))
Files = dict[str, bytes]
Items = list[Document | BadRecord]


@dataclass(frozen=True)
class Saved:
    """How a program leaves a page behind: where, what it says of its picture, and where that is."""

    page: str
    reference: str
    stored: str
    head: str = ""

    def files(self) -> Files:
        html = f'<meta charset="utf-8">{self.head}{PROSE}<img src="{self.reference}">{PROSE}'
        return {self.page: html.encode(), self.stored: DATA}


def as_folder(files: Files) -> Items:
    listed = {name: CrawlFile(name, len(d), lambda d=d: io.BytesIO(d)) for name, d in files.items()}
    names = Names(listed)
    pages = [file for name, file in sorted(listed.items()) if name.lower().endswith(".html")]
    return list(read("html", pages, lambda path: listed.get(names.find(path) or "")))


def as_zip(files: Files) -> Items:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return from_zip(out.getvalue())


def from_zip(data: bytes) -> Items:
    file = CrawlFile("a.zip", len(data), lambda: io.BytesIO(data))
    return list(read("html_zip", [file], lambda _: None))


def as_powershell(files: Files) -> Items:
    """Windows PowerShell 5 puts backslashes between folders, and lists the folders, too."""
    folders = {name.rpartition("/")[0] for name in files} - {""}
    named = {f"{folder}/": b"" for folder in folders} | files
    return as_zip({name.replace("/", "\\"): data for name, data in named.items()})


def as_macos(files: Files) -> Items:
    """Decomposed names in UTF-8 that nothing says so of, and a note beside each file."""
    notes = {
        f"__MACOSX/{name.rpartition('/')[0]}/._{name.rpartition('/')[2]}": b"\0\5\x16\7" + b"x" * 50
        for name in files
    }
    named = {unicodedata.normalize("NFD", name): data for name, data in (files | notes).items()}
    return from_zip(unflagged({name.encode(): data for name, data in named.items()}))


def unflagged(
    files: Mapping[bytes, bytes], extra: Callable[[bytes], bytes] = lambda _: b""
) -> bytes:
    """A zip with names of any bytes, and no flag for UTF-8."""
    body, directory = b"", b""
    for name, data in files.items():
        field = extra(name)
        common = struct.pack(
            "<HHHHHLLLHH", 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data),
            len(name), len(field),
        )  # fmt: skip
        entry = b"PK\1\2\x14\0" + common + struct.pack("<HHHLL", 0, 0, 0, 0, len(body))
        directory += entry + name + field
        body += b"PK\3\4" + common + name + field + data
    end = struct.pack("<HHHHLLH", 0, 0, len(files), len(files), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


def as_files_named_with_backslashes(files: Files) -> Items:
    """What unpacking such an archive leaves on other systems."""
    return as_folder({name.replace("/", "\\"): data for name, data in files.items()})


FORMS = [as_folder, as_zip, as_powershell, as_macos, as_files_named_with_backslashes]
NAMES = [
    "a b.jpg",
    "café.jpg",
    "100%.jpg",
    "p (1).jpg",
    "写真.JPG",
    "A&B.jpg",
    "it's_p+q.jpg",
    "#1.jpg",
]
HOST = "site.example"


def _by_browsers(name: str) -> Iterator[Saved]:
    title = "Meine Höfe – Teil 1"
    for folder in (f"{title}_files", f"{title}-Dateien", "page_files"):
        page = f"saved/{title}.html"
        yield Saved(page, f"./{quote(folder)}/{quote(name)}", f"saved/{folder}/{name}")
        yield Saved(page, f"{folder}\\{quote(name)}", f"saved/{folder}/{name}")
        if "#" not in name and "%" not in name:
            yield Saved(page, f"./{folder}/{name.replace('&', '&amp;')}", f"saved/{folder}/{name}")


def _by_wget(name: str) -> Iterator[Saved]:
    page, escaped = f"{HOST}/a/index.html", quote(name)
    yield Saved(page, f"../img/{escaped}", f"{HOST}/img/{name}")
    yield Saved(page, f"../img/{escaped}?v=2#x", f"{HOST}/img/{name}")
    yield Saved(page, f"/img/{escaped}", f"{HOST}/img/{name}")
    yield Saved(page, f"../../../img/{escaped}", f"{HOST}/img/{name}")
    yield Saved(page, f"https://{HOST}/img/{escaped}", f"{HOST}/img/{name}")
    yield Saved(page, f"//cdn.example/{escaped}?w=100", f"cdn.example/{name}?w=100")
    yield Saved(page, f"../../cdn.example/{escaped}%3Fw=100", f"cdn.example/{name}?w=100")
    yield Saved(page, f"../../cdn.example/{escaped}%3Fw=100", f"cdn.example/{name}@w=100")
    yield Saved(page, f"http://CDN.example:8080/{escaped}", f"cdn.example:8080/{name}")
    yield Saved(page, f"http://cdn.example:8080/{escaped}", f"cdn.example+8080/{name}")
    yield Saved(page, f"https://cdn.example/{escaped}", f"https/cdn.example/{name}")
    yield Saved(page, f"/img/{escaped}", f"{HOST}/img/{escaped}")
    yield Saved(page, f"img/{quote(escaped)}", f"{HOST}/a/img/{escaped}")
    yield Saved(page, escaped, f"{HOST}/b/{name}", f'<base href="https://{HOST}/b/">')
    yield Saved(page, f"pic.php?n={escaped}", f"{HOST}/a/pic.php?n={escaped}")
    yield Saved("a.html", f"/img/{escaped}", f"img/{name}")
    yield Saved(page, escaped, f"{HOST}/c/{name}", '<base href="/c/">')
    yield Saved(page, f"b/{escaped}", f"{HOST}/b/{name}", '<base href="../">')
    yield Saved(page, escaped, f"{HOST}/a/{name}", '<base href="file:///c:/x/">')


def _by_httrack(name: str) -> Iterator[Saved]:
    page, escaped = f"My Web Sites/x/{HOST}/a/page4f5e.html", quote(name)
    yield Saved(page, f"../../cdn.example/i/{escaped}", f"My Web Sites/x/cdn.example/i/{name}")
    yield Saved(page, f"../i/{escaped}", f"My Web Sites/x/{HOST}/i/{name}")
    yield Saved(page, f"https://{HOST}/i/{escaped}", f"My Web Sites/x/{HOST}/i/{name}")
    yield Saved(page, f"http://{HOST}:81/i/{escaped}", f"My Web Sites/x/{HOST}_81/i/{name}")
    yield Saved(page, f"/i/{escaped}", f"My Web Sites/x/{HOST}/i/{name}")


def _copied(name: str) -> Iterator[Saved]:
    """Through file systems that know no case, or have another form of Unicode."""
    for form in ("NFC", "NFD"):
        stored = unicodedata.normalize(form, name)
        said = quote(unicodedata.normalize("NFD" if form == "NFC" else "NFC", name))
        yield Saved("a/page.html", f"../img/{said}", f"img/{stored}")
        yield Saved("a/page.html", f"../IMG/{said.upper()}", f"img/{stored}")
        yield Saved("a/page.html", f"../img/{said}", f"Img/{stored.upper()}")


SAVED = [
    saved for by in (_by_browsers, _by_wget, _by_httrack, _copied) for n in NAMES for saved in by(n)
]


def shown(items: Items) -> list[bytes | None]:
    pages = [item for item in items if isinstance(item, Document)]
    return [node.data for page in pages for node in page.nodes if isinstance(node, ImageNode)]


def reasons(items: Items) -> list[str]:
    """Reasons of what is bad; that no page shows a picture is said beside them."""
    codes = [item.reason.code for item in items if isinstance(item, BadRecord)]
    return [code for code in codes if code != "not_shown"]


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_is_found_by_what_its_page_calls_it(form: Callable[[Files], Items]) -> None:
    lost = []
    for saved in SAVED:
        items = form({**saved.files(), "hts-cache/new.txt": b"x", "other/b.jpg": OTHER})
        if shown(items) != [DATA] or reasons(items) != (["not_html"] if form is as_macos else []):
            lost.append((saved, shown(items) and "other", reasons(items)))
    assert not lost, f"{len(lost)} of {len(SAVED)}: {lost[:5]}"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "reference",
    [
        *("../secret.jpg", "..\\secret.jpg", "..%2fsecret.jpg", "%2e%2e/secret.jpg"),
        *("/etc/secret.jpg", "\\etc\\secret.jpg", "file:///etc/secret.jpg", "C:\\secret.jpg"),
        *("C:/secret.jpg", "a/../../secret.jpg", "javascript:x", "../../x/secret.jpg"),
    ],
)
def test_what_leads_out_is_refused(form: Callable[[Files], Items], reference: str) -> None:
    items = form(Saved("page.html", reference, "own.jpg").files())
    assert shown(items) == []
    assert reasons(items)[-1:] == ["unsafe_address"]


@pytest.mark.parametrize(
    ("reference", "stored", "other"),
    [
        ("a.jpg", "a.jpg", "A.jpg"),
        ("A.jpg", "A.jpg", "a.jpg"),
        ("a%20b.jpg", "a b.jpg", "a%20b.jpg"),
        ("a%2520b.jpg", "a%20b.jpg", "a b.jpg"),
        ("p.php?id=3", "p.php?id=3", "p.php"),
        ("p.jpg?v=3", "p.jpg", "p.jpg?v=2"),
        ("/i/a.jpg", "i/a.jpg", "b/i/a.jpg"),
        ("caf%C3%A9.jpg", "café.jpg", "cafe\u0301.jpg"),
        ("x_y.jpg", "x_y.jpg", "x+y.jpg"),
    ],
)
def test_the_nearest_name_counts(reference: str, stored: str, other: str) -> None:
    for form in (as_folder, as_zip):
        assert shown(form({other: OTHER, **Saved("page.html", reference, stored).files()})) == [
            DATA
        ]


@pytest.mark.parametrize("stored", ["b.jpg", "x/a.jpg", "a.jpeg", "a.jpg.png", "aa.jpg"])
def test_another_file_is_not_taken_for_it(stored: str) -> None:
    for form in FORMS:
        assert shown(form(Saved("page.html", "a.jpg", stored).files())) == [None]
    between = {"x+y.jpg": OTHER, **Saved("page.html", "x%3Fy.jpg", "x@y.jpg").files()}
    assert shown(as_folder(between)) == [None]


@pytest.mark.parametrize(
    "codec", ["utf-8", "cp437", "cp1252", "cp850", "cp932", "gb18030", "cp866"]
)
def test_names_of_any_code_page(codec: str) -> None:
    name = {"cp932": "写真", "gb18030": "照片", "cp866": "лес"}.get(codec, "Höfe")
    files = Saved("page.html", f"{quote(name)}.jpg", f"{name}.jpg").files()
    assert shown(from_zip(unflagged({n.encode(codec): data for n, data in files.items()}))) == [
        DATA
    ]


def test_a_name_in_the_field_for_unicode_counts() -> None:
    name = "写真.jpg"

    def extra(raw: bytes) -> bytes:
        value = b"\1" + struct.pack("<L", zlib.crc32(raw)) + name.encode()
        return struct.pack("<HH", 0x7075, len(value)) + value if raw == b"__.jpg\x80" else b""

    page = Saved("page.html", name, name).files()["page.html"]
    assert shown(from_zip(unflagged({b"page.html": page, b"__.jpg\x80": DATA}, extra))) == [DATA]


def test_a_reference_may_be_escaped_in_its_pages_encoding() -> None:
    html = f'<meta charset="windows-1252">{PROSE}<img src="caf%E9.jpg">'.encode()
    assert shown(as_folder({"page.html": html, "café.jpg": DATA})) == [DATA]


def test_pages_of_archives_are_told_by_what_they_hold() -> None:
    page = f"<!doctype html>{PROSE}<img src='a.jpg'>".encode()
    for name in (
        "view.php?id=3",
        "view.php@id=3",
        "index",
        "page.ASPX",
        "a.html?x=1",
        "./a.html",
        "b/../a",
    ):
        items = as_zip({name: page, "a.jpg": DATA, "style.css": b"<html>", "data.json": b"{}"})
        assert shown(items) == [DATA], name
        assert not reasons(items)


def test_what_macos_notes_on_files_is_no_page() -> None:
    note = b"\0\5\x16\7" + b"x" * 100
    files = {"._page.html": note, **Saved("page.html", "a.jpg", "a.jpg").files()}
    assert shown(as_folder(files)) == shown(as_zip(files)) == [DATA]
    assert reasons(as_folder(files)) == reasons(as_zip(files)) == ["not_html"]


def test_an_address_of_the_web_stays_the_address() -> None:
    saved = Saved(f"{HOST}/a.html", f"https://{HOST}/i/a%20b.jpg#x", f"{HOST}/i/a b.jpg")
    [page] = as_folder(saved.files())
    assert isinstance(page, Document)
    assert [n.url for n in page.nodes if isinstance(n, ImageNode)] == [
        f"https://{HOST}/i/a%20b.jpg"
    ]
