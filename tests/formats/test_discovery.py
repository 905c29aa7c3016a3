"""Which format a crawl has, by the beginnings and the names of its files."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
import zstandard

from realsyn_tasks.formats import discovery
from realsyn_tasks.formats.discovery import UnknownFormat, checked, discover, documents_of
from realsyn_tasks.formats.heads import HEAD_BYTES, head_of
from tests.formats.files import mmc4_line

WARC = b"WARC/1.1\r\nWARC-Type: response\r\n\r\n"
PAGE = b"\xef\xbb\xbf <!-- saved --><!DOCTYPE html><html><p>Text.</p>"
OBELICS = b'{"images": [null], "texts": ["Some text."], "metadata": "[null]"}\n'


def zipped(name: str, data: bytes = PAGE) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("site/", b"")
        archive.writestr(name, data)
    return out.getvalue()


class Crawl:
    """Files in memory; counts what is read of them."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.listing = [(path, len(data)) for path, data in files.items()]
        self.opened: list[str] = []

    def open_at(self, path: str) -> io.BytesIO:
        self.opened.append(path)
        return io.BytesIO(self.files[path])

    def format(self) -> str:
        return discover(self.listing, self.open_at)

    def documents(self, format: str) -> list[str]:
        return [path for path, _ in documents_of(self.listing, format, self.open_at)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *[
            ("a.warc", "warc"),
            ("deep/er/b.WARC.GZ", "warc"),
            ("x.XHTML", "html"),
            ("x.htm", "html"),
        ],
        *[("p.parquet", "obelics"), ("d.jsonl.gz", "mmc4"), ("d.jsonl.zip", "mmc4")],
        ("site.zip", "html_zip"),
    ],
)
def test_the_suffix_tells_where_the_beginning_says_nothing(path: str, expected: str) -> None:
    crawl = Crawl({path: b"no format begins like this", "README.md": b"# A crawl"})
    assert crawl.format() == expected
    assert crawl.documents(expected) == [path]


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("part.gz", gzip.compress(WARC), "warc"),
        ("part.gz", gzip.compress(mmc4_line()), "mmc4"),
        ("part.json.gz", gzip.compress(mmc4_line()), "mmc4"),
        ("part.json", OBELICS, "obelics"),
        ("part-00000", mmc4_line(), "mmc4"),
        ("table", b"PAR1 and so on", "obelics"),
        ("index.php", PAGE, "html"),
        ("archive", zipped("site/a.html"), "html_zip"),
        ("archive", zipped("docs.jsonl", mmc4_line()), "mmc4"),
    ],
)
def test_the_beginning_tells_where_no_suffix_is_known(
    path: str, content: bytes, expected: str
) -> None:
    crawl = Crawl({path: content, "_SUCCESS": b"", "README": b"Hello", "a.png": b"\x89PNG"})
    assert crawl.format() == expected
    assert crawl.documents(expected) == [path]


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("a.warc.gz", gzip.compress(mmc4_line()), "mmc4"),
        ("a.warc", gzip.compress(WARC), "warc"),
        ("a.html", zipped("a.html"), "html_zip"),
        ("a.jsonl", OBELICS, "obelics"),
        ("a.jsonl", gzip.compress(mmc4_line()), "mmc4"),
        ("a.zip", zipped("docs.txt", mmc4_line()), "mmc4"),
        ("a.parquet", mmc4_line(), "mmc4"),
    ],
)
def test_the_beginning_wins_where_the_suffix_misleads(
    path: str, content: bytes, expected: str
) -> None:
    crawl = Crawl({path: content, "b" + path: content, "LICENCE.txt": b"Free."})
    assert crawl.format() == expected
    assert crawl.documents(expected) == [path, "b" + path]


def test_a_file_that_is_not_what_it_says_does_not_change_the_crawl() -> None:
    files = {f"{number}.html": PAGE for number in range(9)} | {"0.html": zipped("a.html")}
    crawl = Crawl(files)
    assert crawl.format() == "html"
    assert crawl.documents("html") == sorted(files)


def test_two_formats_are_named_with_what_to_do() -> None:
    crawl = Crawl({"x.html": PAGE, "y.html": PAGE, "a.warc.gz": gzip.compress(WARC)})
    with pytest.raises(
        UnknownFormat, match=r"warc in 1 .* a\.warc\.gz; html in 2 .*x\.html: .*--format"
    ):
        crawl.format()
    assert crawl.documents("warc") == ["a.warc.gz"]
    assert crawl.documents("html") == ["x.html", "y.html"]


def test_a_crawlers_own_list_of_pages_is_no_second_format() -> None:
    pages = b'{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}\n{"url": "x"}\n'
    crawl = Crawl({"archive/a.warc.gz": gzip.compress(WARC), "pages/pages.jsonl": pages})
    assert crawl.format() == "warc"
    assert crawl.documents("warc") == ["archive/a.warc.gz"]
    with pytest.raises(UnknownFormat, match="jsonl"):
        Crawl({"a.jsonl": mmc4_line(), "b.parquet": b"PAR1"}).format()


def test_documents_under_other_formats_suffixes_are_not_lost() -> None:
    crawl = Crawl({"a.jsonl": mmc4_line(), "b.warc.gz": gzip.compress(mmc4_line())})
    assert crawl.format() == "mmc4"
    assert crawl.documents("mmc4") == ["a.jsonl", "b.warc.gz"]


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        *(
            (path, PAGE, "html")
            for path in (
                *("view.php?id=3", "index", "a/page.aspx", "PAGE.HTML", "a/index.html?page=2"),
                *("view.php@id=3", "about.cfm", "a.b/c", "page.html.orig", "notes.txt"),
            )
        ),
        ("packed.html.gz", gzip.compress(PAGE), "html"),
        ("packed.HTM.GZ", gzip.compress(PAGE), "html"),
        *(
            (path, mmc4_line(), "mmc4")
            for path in ("b.ndjson", "b.json", "part-00001", "b.JSONL", "b.txt")
        ),
        *(
            (path, zstandard.compress(mmc4_line()), "mmc4")
            for path in ("b.jsonl.zst", "b.ndjson.zst", "b.zst", "b.json.zst")
        ),
        ("b.ndjson.gz", gzip.compress(mmc4_line()), "mmc4"),
        ("b.json.gz", gzip.compress(mmc4_line()), "mmc4"),
        ("b.gz", gzip.compress(WARC), "warc"),
        ("b.warc.gz.1", gzip.compress(WARC), "warc"),
        ("b.warc.open", WARC, "warc"),
        ("b.zst", zstandard.compress(WARC), "warc"),
    ],
)
def test_documents_of_other_names_beside_known_ones_are_read(
    path: str, content: bytes, expected: str
) -> None:
    known = {"html": "0.html", "mmc4": "0.jsonl", "warc": "0.warc"}[expected]
    first = {"html": PAGE, "mmc4": mmc4_line(), "warc": WARC}[expected]
    beside = {"a.jpg": b"\xff\xd8\xff", "README.md": b"# Ours", "b.css": b"p {}", "c.log": b"x"}
    crawl = Crawl({known: first, path: content, **beside})
    assert crawl.format() == expected
    assert crawl.documents(expected) == sorted([known, path])


def test_hidden_files_are_no_documents() -> None:
    crawl = Crawl({"a.html": PAGE, "._a.html": b"\0\x05\x16\x07", ".cache.html": PAGE})
    assert crawl.format() == "html"
    assert crawl.documents("html") == ["a.html"]


def test_what_is_not_read_is_counted_by_kind() -> None:
    names = ["a.html", "p.jpg", "s.css", "v.mp4", "t.php?id=1", "t.php?id=2", "w.mht", "x.tar.gz"]
    crawl = Crawl(dict.fromkeys([*names, ".DS_Store", "d/README"], b"xyz") | {"a.html": PAGE})
    listing = crawl.listing
    kinds = discovery.unread(listing, [("a.html", 3)], "html")
    assert [(kind.kind.partition(" (")[0], kind.files, kind.bytes) for kind in kinds] == [
        ("*.php", 2, 6),
        ("*.mht", 1, 3),
        ("*.tar.gz", 1, 3),
        ("hidden files", 1, 3),
        ("no suffix", 1, 3),
    ]
    assert kinds[0].examples == ("t.php?id=1", "t.php?id=2")
    counted = sum(kind.files for kind in discovery.unread(listing, [], "warc"))
    assert counted == len(listing)


def test_saved_pages_that_nothing_reads_are_refused_by_name() -> None:
    for name in ("a.mht", "a.MHTML"):
        with pytest.raises(UnknownFormat, match=r"MHTML: save them as HTML"):
            Crawl({name: b"MIME-Version: 1.0\r\n"}).format()


def test_what_pages_refer_to_is_no_document() -> None:
    crawl = Crawl({"index.html": PAGE, "a.png": b"\x89PNG", "error.jpg": PAGE})
    assert crawl.documents(crawl.format()) == ["index.html"]


def test_no_format_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownFormat, match=r"2 files .*warc.*html.*--format"):
        Crawl({"a.txt": b"Text.", "warc": b""}).format()
    with pytest.raises(UnknownFormat, match=r"none of the 1 files is of the format warc"):
        Crawl({"a.txt": b"Text."}).documents("warc")


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    assert checked("html_zip") == "html_zip"
    with pytest.raises(UnknownFormat, match="no format 'htmlzip': did you mean html_zip"):
        checked("htmlzip")
    with pytest.raises(UnknownFormat, match="'x': There are warc, wacz, html"):
        checked("x")


def test_few_files_are_looked_at_and_little_of_each() -> None:
    crawl = Crawl({f"{number:05d}.html": PAGE for number in range(5000)})
    assert crawl.format() == "html"
    assert crawl.opened == ["00000.html", "02499.html", "04999.html"]
    crawl = Crawl({f"a.{number}": b"?" for number in range(500)})
    with pytest.raises(UnknownFormat):
        crawl.format()
    assert len(crawl.opened) == discovery.ENDINGS


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b" " * 100_000_000, 9),
        zipped("a.txt", b" " * 50_000_000),
        b"<!---->" * 20_000,
        b"{" * 200_000,
        b"PK\x03\x04" + b"\xff" * 100,
        b"\x1f\x8b\x08" + b"\xff" * 100,
    ],
    ids=["gzip bomb", "zip bomb", "comments", "braces", "no zip", "no gzip"],
)
def test_hostile_beginnings_cost_nothing(content: bytes) -> None:
    head = head_of(io.BytesIO(content))
    assert len(head.data) <= HEAD_BYTES
    with pytest.raises(UnknownFormat):
        Crawl({"a.bin": content}).format()
