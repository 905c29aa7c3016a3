"""WARC files: every kind of damage costs its own record and no other."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import brotli
import pytest
from warcio.warcwriter import WARCWriter

from realsyn_tasks.formats import (
    BadRecord,
    CorruptCrawlFile,
    CrawlFile,
    Document,
    ImageNode,
    Limits,
    Record,
    TextNode,
    read,
)
from realsyn_tasks.formats.folder import list_folder
from tests.crawls import DATE, HOST, Response, picture, write_tiny_warc, write_warc

Damage = Callable[[bytes], bytes]
PROSE = "The lighthouse keeper climbs the narrow stairs. "


def read_warc(path: Path, limits: Limits | None = None) -> list[Document | BadRecord]:
    return list(read("warc", list_folder(path.parent), lambda _: None, limits))


def documents(items: Sequence[Document | BadRecord]) -> list[Document]:
    return [item for item in items if isinstance(item, Document)]


def reasons(items: Sequence[Document | BadRecord]) -> list[str]:
    return [item.reason.code for item in items if isinstance(item, BadRecord)]


def page(number: int, body: str = "") -> Response:
    html = body or f"<p>{PROSE * 20}This is page {number}.</p>"
    return Response(f"{HOST}/{number}.html", html.encode())


def pieces(folder: Path, responses: Sequence[Response], suffix: str = ".warc.gz") -> list[bytes]:
    """Every record as bytes of its own."""
    return [
        write_warc(folder / f"piece-{number}{suffix}", [response]).read_bytes()
        for number, response in enumerate(responses)
    ]


def joined(tmp_path: Path, records: Sequence[bytes], suffix: str = ".warc.gz") -> Path:
    path = tmp_path / "crawl" / f"damaged{suffix}"
    path.parent.mkdir()
    path.write_bytes(b"".join(records))
    return path


def urls(items: Sequence[Document | BadRecord]) -> list[str]:
    return [document.url.removeprefix(f"{HOST}/") for document in documents(items)]


def test_pages_come_with_their_images_in_order(tmp_path: Path) -> None:
    write_tiny_warc(tmp_path, pages=6, images=12, files=2)
    items = read_warc(tmp_path / "tiny-00000.warc.gz")
    assert reasons(items) == []
    assert [d.url for d in documents(items)] == [f"{HOST}/page-{n:03d}.html" for n in range(6)]
    images = [n for d in documents(items) for n in d.nodes if isinstance(n, ImageNode)]
    assert {node.data for node in images} == {picture(seed) for seed in range(12)}
    assert all(n.declared_type == "image/jpeg" and n.alt and n.caption for n in images)
    first = documents(items)[0]
    assert [type(node) for node in first.nodes[:4]] == [TextNode, TextNode, ImageNode, TextNode]
    assert first.source == "tiny-00000.warc.gz"


def test_offsets_are_where_the_records_start(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc.gz", [page(0), page(1), page(2)])
    data = path.read_bytes()
    offsets = [document.offset for document in documents(read_warc(path))]
    starts = [zlib.decompressobj(31).decompress(data[o:], 9) for o in offsets]
    assert offsets[0] == 0 and len(set(offsets)) == 3
    assert starts == [b"WARC/1.0\r"] * 3


def encoded(body: bytes, *headers: tuple[str, str]) -> Response:
    return Response(f"{HOST}/0.html", body, headers=headers)


def chunked(body: bytes) -> bytes:
    parts = (body[i : i + 100] for i in range(0, len(body), 100))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


HTML = b"<html><p>" + PROSE.encode() * 30 + b"</p></html>"


@pytest.mark.parametrize(
    "response",
    [
        encoded(gzip.compress(HTML), ("Content-Encoding", "gzip")),
        encoded(zlib.compress(HTML), ("Content-Encoding", "deflate")),
        encoded(brotli.compress(HTML), ("Content-Encoding", "br")),
        encoded(chunked(HTML), ("Transfer-Encoding", "chunked")),
        encoded(
            chunked(gzip.compress(HTML)),
            ("Transfer-Encoding", "chunked"),
            ("Content-Encoding", "gzip"),
        ),
        encoded(HTML, ("Content-Encoding", "gzip")),
        encoded(HTML, ("Transfer-Encoding", "chunked")),
    ],
    ids=["gzip", "deflate", "br", "chunked", "chunked gzip", "not gzip", "not chunked"],
)
def test_bodies_are_decoded(tmp_path: Path, response: Response) -> None:
    items = read_warc(write_warc(tmp_path / "a.warc.gz", [response]))
    assert documents(items)[0].nodes == (TextNode((PROSE * 30).strip()),)


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("br", brotli.compress)])
def test_decompression_bombs_stop_at_the_cap(tmp_path: Path, coding: str, compress: Damage) -> None:
    bomb = encoded(compress(b" " * 50_000_000), ("Content-Encoding", coding))
    items = read_warc(write_warc(tmp_path / "a.warc.gz", [bomb, page(1)]))
    assert reasons(items) == ["decompression_bomb"]
    assert urls(items) == ["1.html"]


def test_bodies_that_are_too_large_are_named(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc.gz", [page(0), page(1, "<p>Short.</p>")])
    assert reasons(read_warc(path, Limits(page_bytes=500))) == ["oversized_body"]
    assert reasons(read_warc(path, Limits(record_bytes=600))) == ["oversized_record"]
    assert urls(read_warc(path, Limits(record_bytes=600))) == ["1.html"]


def test_garbage_claimed_to_be_compressed(tmp_path: Path) -> None:
    torn = encoded(b"\x01\x02garbage", ("Content-Encoding", "br"))
    items = read_warc(write_warc(tmp_path / "a.warc.gz", [torn, page(1)]))
    assert reasons(items) == ["undecodable_body"]
    assert urls(items) == ["1.html"]


def flip(record: bytes, start: int, end: int) -> bytes:
    return record[:start] + bytes(b ^ 0xFF for b in record[start:end]) + record[end:]


def relabel(record: bytes, change: int | bytes) -> bytes:
    """A plain record with another Content-Length."""

    def new(match: re.Match[bytes]) -> bytes:
        value = change if isinstance(change, bytes) else str(int(match[1]) + change).encode()
        return b"\r\nContent-Length: " + value + b"\r\n"

    return re.sub(rb"\r\nContent-Length: (\d+)\r\n", new, record, count=1)


GZ_DAMAGE: dict[str, Damage] = {
    "torn member": lambda r: r[: len(r) // 2],
    "flipped bytes": lambda r: flip(r, 40, 60),
    "wrong checksum": lambda r: flip(r, len(r) - 6, len(r) - 5),
    "garbage between": lambda r: b"garbage garbage\r\n" * 40,
    "not a WARC line": lambda r: gzip.compress(b"WRONG/1.0" + gzip.decompress(r)[8:]),
    "zeros": lambda r: gzip.compress(bytes(5_000_000)),
    "length enormous": lambda r: gzip.compress(relabel(gzip.decompress(r), 10**13)),
    "no HTTP inside": lambda r: gzip.compress(gzip.decompress(r).replace(b"HTTP/1.1 200 OK", b"?")),
}


@pytest.mark.parametrize("damage", GZ_DAMAGE.values(), ids=GZ_DAMAGE)
def test_a_damaged_record_costs_itself_only(tmp_path: Path, damage: Damage) -> None:
    records = pieces(tmp_path, [page(n) for n in range(5)])
    records[2] = damage(records[2])
    items = read_warc(joined(tmp_path, records))
    assert urls(items) == ["0.html", "1.html", "3.html", "4.html"]
    assert 1 <= len(reasons(items)) <= 2


PLAIN_DAMAGE: dict[str, Damage] = {
    "torn": lambda r: r[: len(r) // 2],
    "garbage between": lambda r: b"garbage garbage\r\n",
    "length enormous": lambda r: relabel(r, 10**13),
    "header never ends": lambda r: r[:40] + b"x" * 200_000 + r[40:],
}


@pytest.mark.parametrize("damage", PLAIN_DAMAGE.values(), ids=PLAIN_DAMAGE)
def test_damage_without_compression(tmp_path: Path, damage: Damage) -> None:
    records = pieces(tmp_path, [page(n) for n in range(5)], ".warc")
    records[2] = damage(records[2])
    items = read_warc(joined(tmp_path, records, ".warc"))
    assert urls(items) == ["0.html", "1.html", "3.html", "4.html"]
    assert 1 <= len(reasons(items)) <= 2


@pytest.mark.parametrize("length", [300, -300, 10**6, b"many", b""], ids=repr)
@pytest.mark.parametrize("suffix", [".warc.gz", ".warc"])
def test_a_wrong_length_is_told_and_the_digest_finds_the_right_one(
    tmp_path: Path, suffix: str, length: int | bytes
) -> None:
    records = pieces(tmp_path, [page(n) for n in range(3)], ".warc")
    records[1] = relabel(records[1], length)
    pack = gzip.compress if suffix.endswith("gz") else bytes
    items = read_warc(joined(tmp_path, [pack(record) for record in records], suffix))
    assert urls(items) == ["0.html", "1.html", "2.html"]
    assert reasons(items) == ["malformed_record"]


def test_a_file_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc.gz", [page(n) for n in range(4)])
    path.write_bytes(path.read_bytes()[:-60])
    items = read_warc(path)
    assert urls(items) == ["0.html", "1.html", "2.html"]
    assert len(reasons(items)) == 1


def test_a_changed_byte_in_a_page_is_noticed(tmp_path: Path) -> None:
    records = pieces(tmp_path, [page(0), page(1)], ".warc")
    records[0] = records[0].replace(b"narrow", b"NARROW", 1)
    path = joined(tmp_path, records, ".warc")
    kept, dropped = read_warc(path), read_warc(path, Limits(wrong_digest="drop"))
    assert reasons(kept) == reasons(dropped) == ["wrong_digest"]
    assert urls(kept) == ["0.html", "1.html"]
    assert urls(dropped) == ["1.html"]


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>not a crawl</html>", gzip.compress(b"<html>" * 99), bytes(range(256)) * 40],
    ids=["empty", "html", "gzipped html", "binary"],
)
def test_what_is_no_warc_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wrong.warc.gz"
    path.write_bytes(content)
    with pytest.raises(CorruptCrawlFile, match=r"wrong\.warc\.gz"):
        read_warc(path)


def test_one_gzip_stream_over_many_records_is_read(tmp_path: Path) -> None:
    records = pieces(tmp_path, [page(n) for n in range(4)], ".warc")
    path = joined(tmp_path, [gzip.compress(b"".join(records))])
    items = read_warc(path)
    assert urls(items) == [f"{n}.html" for n in range(4)] and not reasons(items)
    assert len({document.offset for document in documents(items)}) == 4
    path.write_bytes(path.read_bytes()[:-200])
    assert set(reasons(read_warc(path))) == {"file_cut"}


def test_a_file_of_rubble_is_given_up(tmp_path: Path) -> None:
    record = pieces(tmp_path, [page(0)])[0]
    path = joined(tmp_path, [record[:200]] * 30)
    with pytest.raises(CorruptCrawlFile, match="more than 20 unreadable"):
        read_warc(path, Limits(broken_frames=20))


def test_responses_that_are_no_page_are_skipped_with_a_reason(tmp_path: Path) -> None:
    path = write_warc(
        tmp_path / "a.warc.gz",
        [
            Response(f"{HOST}/gone.html", b"<p>Gone.</p>", status="404 Not Found"),
            Response(f"{HOST}/moved.html", b"", status="301 Moved"),
            Response(f"{HOST}/style.css", b"p {}", "text/css"),
            Response(f"{HOST}/untyped", b"<!DOCTYPE html><p>A page.</p>", ""),
            Response(f"{HOST}/empty.html", b""),
            page(1),
        ],
    )
    items = read_warc(path)
    assert reasons(items) == ["http_status", "http_status", "not_html", "no_content"]
    assert urls(items) == ["untyped", "1.html"]


def test_a_page_in_no_known_encoding(tmp_path: Path) -> None:
    noise = Response(f"{HOST}/0.html", b"<p>" + bytes(range(128, 256)) * 20, "text/html")
    declared = Response(f"{HOST}/2.html", b"<p>caf\xe9 au lait</p>", "text/html; charset=latin-1")
    items = read_warc(write_warc(tmp_path / "a.warc.gz", [noise, page(1), declared]))
    assert reasons(items) == ["broken_encoding"]
    assert documents(items)[1].nodes == (TextNode("café au lait"),)


def test_images_are_found_by_address_whatever_its_spelling(tmp_path: Path) -> None:
    body = (
        "<base href='/pictures/'><p>One.</p><img src='a b.jpg#x'><img src=//TINY.example/c.jpg>"
        "<img src='../pictures/a%20b.jpg'><img src='missing.jpg'><img src='javascript:x'>"
    )
    path = write_warc(
        tmp_path / "a.warc.gz",
        [
            page(0, body),
            Response(f"{HOST}/pictures/a%20b.jpg", picture(1), "image/jpeg"),
            Response(f"{HOST}/c.jpg", picture(2), "image/jpeg"),
        ],
    )
    items = read_warc(path)
    nodes = [node for node in documents(items)[0].nodes if isinstance(node, ImageNode)]
    assert [node.data for node in nodes] == [picture(1), picture(2), None]
    assert nodes[2].url == f"{HOST}/pictures/missing.jpg"
    assert reasons(items) == ["repeated_picture", "unsafe_address"]


def test_images_without_a_label_and_labels_without_an_image(tmp_path: Path) -> None:
    html = "<p>One.</p>" + "".join(f"<img src={name}>" for name in "abc")
    path = write_warc(
        tmp_path / "a.warc.gz",
        [
            page(0, html),
            Response(f"{HOST}/a", picture(1), ""),
            Response(f"{HOST}/b", picture(2), "application/octet-stream"),
            Response(f"{HOST}/c", b"no image", "application/octet-stream"),
        ],
    )
    items = read_warc(path)
    nodes = [node for node in documents(items)[0].nodes if isinstance(node, ImageNode)]
    assert [node.data for node in nodes] == [picture(1), picture(2), None]
    assert reasons(items) == ["not_html"]


def test_resource_records_count_as_pages_and_other_records_do_not(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        writer.write_record(writer.create_warcinfo_record("a.warc.gz", {"software": "test"}))
        for kind, url, label, body in (
            ("resource", f"{HOST}/0.html", "text/html", b"<p>A page.</p>"),
            ("request", f"{HOST}/1.html", "application/http", b"GET /1.html HTTP/1.1\r\n\r\n"),
            ("metadata", f"{HOST}/2.html", "text/html", b"<p>A note.</p>"),
            ("resource", "dns:a.example", "text/html", b"<p>A host.</p>"),
        ):
            record = writer.create_warc_record(
                url, kind, payload=io.BytesIO(body), warc_content_type=label
            )
            writer.write_record(record)
    items = read_warc(path)
    assert urls(items) == ["0.html"]
    assert reasons(items) == ["no_answer", "no_answer"]


def test_an_image_seen_again_has_its_bytes_and_a_page_does_not_repeat(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    html = "<p>One.</p><img src=again.jpg>"
    write_warc(path, [page(0, html), Response(f"{HOST}/first.jpg", picture(1), "image/jpeg")])
    with path.open("ab") as stream:
        writer = WARCWriter(stream, gzip=True)
        for name, first in (("again.jpg", "first.jpg"), ("1.html", "0.html")):
            record = writer.create_revisit_record(
                f"{HOST}/{name}", "sha1:AAAA", f"{HOST}/{first}", "2024-01-01T00:00:00Z"
            )
            writer.write_record(record)
    items = read_warc(path)
    images = [node for node in documents(items)[0].nodes if isinstance(node, ImageNode)]
    assert [(node.url, node.data) for node in images] == [(f"{HOST}/again.jpg", picture(1))]
    assert reasons(items) == []


def test_records_of_common_crawls_form(tmp_path: Path) -> None:
    """Bodies stored decoded, the server's own headers renamed, long ones cut off by the crawler."""
    headers = (
        ("X-Crawl-Content-Encoding", "gzip"),
        ("X-Crawl-Transfer-Encoding", "chunked"),
        ("X-Crawl-Content-Length", "17"),
    )
    path = write_warc(
        tmp_path / "a.warc.gz",
        [
            Response(f"{HOST}/0.html", HTML, headers=headers),
            Response(f"{HOST}/a.jpg", picture(1), "image/jpeg"),
        ],
    )
    data = b"".join(
        gzip.compress(
            gzip.decompress(record).replace(b"WARC-Date:", b"WARC-Truncated: length\r\nWARC-Date:")
        )
        for record in pieces(
            tmp_path / "cut",
            [
                page(1, "<p>Kept so far as it goes."),
                Response(f"{HOST}/b.jpg", picture(2), "image/jpeg"),
            ],
        )
    )
    path.write_bytes(path.read_bytes() + data)
    (tmp_path / "cut").rename(tmp_path.parent / f"{tmp_path.name}-cut")
    items = read_warc(path)
    assert urls(items) == ["0.html", "1.html"]
    assert reasons(items) == ["truncated_record", "not_shown"]


def test_a_picture_that_no_page_shows_has_a_row(tmp_path: Path) -> None:
    shown, other = (
        Response(f"{HOST}/{name}.jpg", picture(number), "image/jpeg")
        for number, name in enumerate(("shown", "other"))
    )
    both = page(1, "<p>A ferry at noon.</p><img src=shown.jpg>")
    path = write_warc(tmp_path / "a.warc.gz", [both, shown, other])
    [_, bad] = read_warc(path)
    assert isinstance(bad, BadRecord) and bad.reason.code == "not_shown"
    record = zlib.decompressobj(31).decompress(path.read_bytes()[bad.offset :])
    assert f"{HOST}/other.jpg".encode() in record


def test_an_unusable_image_leaves_a_node_without_bytes(tmp_path: Path) -> None:
    image = Response(f"{HOST}/a.jpg", picture(1), "image/jpeg")
    records = pieces(tmp_path, [page(0, "<p>One.</p><img src=a.jpg>"), image])
    records[1] = records[1][: len(records[1]) // 2]
    items = read_warc(joined(tmp_path, records))
    assert [n.data for n in documents(items)[0].nodes if isinstance(n, ImageNode)] == [None]
    assert len(reasons(items)) == 1


def test_image_bytes_of_a_page_are_bounded(tmp_path: Path) -> None:
    names = [f"{n}.jpg" for n in range(4)]
    html = "<p>Four.</p>" + "".join(f"<img src={name}>" for name in names)
    images = [Response(f"{HOST}/{n}.jpg", picture(n), "image/jpeg") for n in range(4)]
    path = write_warc(tmp_path / "a.warc.gz", [page(9, html), *images])
    limits = Limits(document_image_bytes=len(picture(0)) + len(picture(1)))
    items = read_warc(path, limits)
    nodes = [node for node in documents(items)[0].nodes if isinstance(node, ImageNode)]
    assert [node.data is not None for node in nodes] == [True, True, False, False]
    assert reasons(items) == ["too_many_image_bytes"] * 2


@pytest.mark.parametrize(
    ("header", "mark"),
    [
        (("X-Robots-Tag", "noai, noimageai"), "header x-robots-tag noai"),
        (("x-robots-tag", "otherbot: NOIMAGEAI"), "header x-robots-tag noimageai"),
        (("TDM-Reservation", "1"), "header tdm-reservation 1"),
        (("X-Robots-Tag", "noindex"), ""),
        (("tdm-reservation", "0"), ""),
    ],
)
def test_opt_out_by_header(tmp_path: Path, header: tuple[str, str], mark: str) -> None:
    marked = Response(f"{HOST}/0.html", b"<p>Ours.</p>", headers=[header])
    items = read_warc(write_warc(tmp_path / "a.warc.gz", [marked]))
    assert [document.opt_out for document in documents(items)] == [mark]


def test_an_image_that_opts_out_is_not_read(tmp_path: Path) -> None:
    image = Response(
        f"{HOST}/a.jpg", picture(1), "image/jpeg", headers=[("X-Robots-Tag", "noimageai")]
    )
    path = write_warc(tmp_path / "a.warc.gz", [page(0, "<p>One.</p><img src=a.jpg>"), image])
    items = read_warc(path)
    assert [n.data for n in documents(items)[0].nodes if isinstance(n, ImageNode)] == [None]
    assert reasons(items) == ["unusable_picture", "opt_out"]


def test_a_shard_is_read_page_by_page_and_closed(tmp_path: Path) -> None:
    opened: list[io.BytesIO] = []
    path = write_tiny_warc(tmp_path, pages=6, images=12, files=1)[0]
    data = path.read_bytes()

    def open_counted() -> io.BytesIO:
        opened.append(io.BytesIO(data))
        return opened[-1]

    stream = read("warc", [CrawlFile("a.warc.gz", len(data), open_counted)], lambda _: None)
    next(stream)
    assert len(opened) == 3
    assert opened[1].tell() < len(data)
    assert isinstance(stream, Generator)
    stream.close()
    assert all(file.closed for file in opened)


def test_the_capture_and_the_answer_say_of_a_page_what_it_does_not(tmp_path: Path) -> None:
    terms = ("Link", '<https://creativecommons.org/licenses/by/4.0/>; rel="license"')
    own = b"<html lang=de><title>T</title><link rel=license href='/terms'><p>Text.</p>"
    write_warc(
        tmp_path / "a.warc.gz",
        [
            Response("https://a.example/1", b"<html><p>Text.</p>", headers=[terms]),
            Response("https://a.example/2", own, headers=[terms]),
        ],
    )
    first, second = documents(read_warc(tmp_path / "a.warc.gz"))
    assert first.about == Record("", "", "CC-BY-4.0", DATE)
    assert second.about == Record("T", "de", "https://a.example/terms", DATE)


@pytest.mark.parametrize("date", ["yesterday", "2024-01-01T00:00:00Z x", "9" * 5_000, ""])
def test_a_date_that_is_none_is_left_out(tmp_path: Path, date: str) -> None:
    path = write_warc(tmp_path / "a.warc", [page(1)])
    path.write_bytes(path.read_bytes().replace(DATE.encode(), date.encode(), 1))
    assert [document.about.crawled for document in documents(read_warc(path))] == [""]
