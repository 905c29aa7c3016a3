"""Pictures are found by whatever leads to them in a crawl file, and by nothing else."""

from __future__ import annotations

import base64
import hashlib
import io
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from urllib.parse import quote

import pytest

from realsyn_tasks.formats import BadRecord, CrawlFile, Document, ImageNode, Limits, read
from realsyn_tasks.formats.warc import pictures
from realsyn_tasks.formats.warc_index import Places, Row, What, name_of, rows
from realsyn_tasks.formats.warc_records import responses
from tests.crawls import picture

PAGE = "https://site.example/a/page.html"
STORED = "https://site.example/i/p%20(1).jpg?a=%C3%BC"
DATE = "2024-01-02T03:04:05Z"
PROSE = "<p>A fishing boat carries three wooden crates across the quiet harbour.</p>"

# How a page may write the address of what is stored, or a crawler that of what a page shows.
SPELLINGS = [
    STORED,
    "http://site.example/i/p%20(1).jpg?a=%C3%BC",
    "/i/p (1).jpg?a=ü",
    "//SITE.example/i/p%20%281%29.jpg?a=%c3%bc",
    "https://site.example:443/i/p%20(1).jpg?a=ü#zoom",
    "https://site.example./i/p%20(1).jpg?a=ü#!/zoom",
    "http://site.example:80/i/p (1).jpg?%61=ü",
    "\\i\\p (1).jpg?a=ü",
    "https:/i/p (1).jpg?a=ü",
    "../i/./x/../p (1)%2ejpg?a=ü",
    "/i/p\t (1)\n.jpg?a=ü",
    "https://user:word@site.example/i/%70 (1).jpg?a=ü",
    "https://ｓite.example/i/p (1).jpg?a=ü",
]
WRITTEN = [spelling for spelling in SPELLINGS if "://" in spelling]
OTHERS = ["https://cdn.example/x/1.jpg", "https://cdn.example/x/2.jpg", "http://old.example/3"]


def record(kind: str, url: str, block: bytes = b"", **fields: str) -> bytes:
    """A record as it lies in a file; `fields` with _ for -."""
    named = {"WARC-Type": kind, "WARC-Target-URI": url, "WARC-Date": DATE}
    named |= {name.replace("_", "-"): value for name, value in fields.items()}
    named |= {"Content-Length": str(len(block))}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return b"WARC/1.1\r\n" + head.encode() + b"\r\n" + block + b"\r\n\r\n"


def answer(body: bytes, label: str = "image/jpeg", status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {label}\r\n{more}\r\n".encode() + body


def stored(url: str, data: bytes, **fields: str) -> bytes:
    return record("response", url, answer(data), **fields)


def moved(url: str, target: str, status: int = 301) -> bytes:
    block = answer(b"gone", "text/html", f"{status} Moved", f"Location: {target}\r\n")
    return record("response", url, block)


def shown(reference: str) -> bytes:
    html = f'<meta charset="utf-8">{PROSE}<img src="{reference}">{PROSE}'
    return record("response", PAGE, answer(html.encode(), "text/html"))


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def items_of(records: Sequence[bytes]) -> list[Document | BadRecord]:
    data = b"".join(records)
    file = CrawlFile("a.warc", len(data), lambda: io.BytesIO(data))
    return list(read("warc", [file], lambda _: None))


def pictures_of(records: Sequence[bytes]) -> list[bytes | None]:
    pages = [item for item in items_of(records) if isinstance(item, Document)]
    return [node.data for page in pages for node in page.nodes if isinstance(node, ImageNode)]


def reasons_of(records: Sequence[bytes]) -> list[str]:
    return [item.reason.code for item in items_of(records) if isinstance(item, BadRecord)]


DATA = picture(1, (160, 120))
OTHER = picture(2, (160, 120))
NAMED = {"WARC_Payload_Digest": sha1(DATA), "WARC_Record_ID": "<urn:uuid:1>"}


def _seen_again(url: str, **reference: str) -> bytes:
    return record("revisit", url, answer(b""), **reference)


def _through(links: Sequence[Callable[[str, str], bytes]]) -> Callable[[str], list[bytes]]:
    """Records by which an address leads, link by link, to the picture at another one."""

    def records(address: str) -> list[bytes]:
        places = [address, *OTHERS[: len(links)]]
        steps = [link(a, b) for link, (a, b) in zip(links, pairwise(places), strict=True)]
        return [*steps, stored(places[-1], DATA, **NAMED)]

    return records


def _to(url: str, target: str) -> bytes:
    return _seen_again(url, WARC_Refers_To_Target_URI=target)


def _moved_again(url: str, target: str) -> bytes:
    block = answer(b"", "text/html", "302 Found", f"Location: {target}\r\n")
    return record("revisit", url, block, WARC_Payload_Digest=sha1(b"gone"))


WAYS: dict[str, Callable[[str], list[bytes]]] = {
    "stored": _through([]),
    "resource": lambda url: [record("resource", url, DATA, Content_Type="image/jpeg")],
    "301": _through([moved]),
    "302, 303, 307": _through([lambda a, b: moved(a, b, 302), lambda a, b: moved(a, b, 307)]),
    "moved in a circle": lambda url: [moved(url, OTHERS[0]), *_through([moved, moved])(url)],
    "of a wrong digest": lambda url: [stored(url, DATA, WARC_Block_Digest=sha1(OTHER))],
    "to https": lambda url: [
        moved(url.replace("https:", "http:"), url),
        stored(url, DATA),
    ],
    "seen again": _through([_to]),
    "of a revisit": _through([_to, _to]),
    "moved, seen again": _through([moved, _to]),
    "seen again, moved": _through([_to, moved]),
    "again as moved": _through([_moved_again]),
    "by digest": _through([lambda a, _: _seen_again(a, WARC_Payload_Digest=sha1(DATA))]),
    "by digest in hex": _through(
        [lambda a, _: _seen_again(a, WARC_Payload_Digest=f"SHA-1:{hashlib.sha1(DATA).hexdigest()}")]
    ),
    "by record": _through([lambda a, _: _seen_again(a, WARC_Refers_To="<urn:uuid:1>")]),
    "by record of a revisit": lambda url: [
        _seen_again(url, WARC_Refers_To="<urn:uuid:2>"),
        _seen_again(OTHERS[1], WARC_Record_ID="<urn:uuid:2>", WARC_Payload_Digest=sha1(DATA)),
        stored(OTHERS[0], DATA, **NAMED),
    ],
    "by date": lambda url: [
        _seen_again(
            url, WARC_Refers_To_Target_URI=OTHERS[0], WARC_Refers_To_Date="2020-01-01T00:00:00Z"
        ),
        stored(OTHERS[0], OTHER),
        stored(OTHERS[0], DATA, WARC_Date="2020-01-01T00:00:00Z"),
    ],
}
NOISE: dict[str, Callable[[str], list[bytes]]] = {
    "nothing": lambda _: [],
    "404": lambda url: [record("response", url, answer(b"no", "text/html", "404 Not Found"))],
    "304": lambda url: [record("response", url, answer(b"", "image/jpeg", "304 Not Modified"))],
    "503": lambda url: [record("response", url, answer(b"", "image/jpeg", "503 Busy"))],
    "soft 404": lambda url: [record("response", url, answer(b"<html>no", "text/html"))],
    "page called picture": lambda url: [stored(url, b"<!doctype html><html><p>no such picture")],
    "text called picture": lambda url: [stored(url, b"rate limit exceeded")],
    "empty": lambda url: [stored(url, b"")],
    "cut": lambda url: [stored(url, DATA[:99], WARC_Truncated="length")],
    "opted out": lambda url: [
        record("response", url, answer(OTHER, more="X-Robots-Tag: noai\r\n"))
    ],
    "neighbours": lambda _: [
        stored(f"https://site.example/i/{name}", OTHER)
        for name in ("P%20(1).jpg?a=%C3%BC", "p+(1).jpg?a=%C3%BC", "p%20(1).jpg", "p%20(1).jpg?a=")
    ],
}
CASES = [(way, noise) for way in WAYS for noise in NOISE]


@pytest.mark.parametrize(("way", "noise"), CASES)
def test_a_picture_of_the_file_is_found(way: str, noise: str) -> None:
    draw = random.Random(f"{way} {noise}")
    for written in draw.sample(SPELLINGS, 3):
        address = draw.choice(WRITTEN)
        before, found = NOISE[noise](address), WAYS[way](address)
        if noise in ("404", "304", "503", "neighbours") and way != "by date":
            draw.shuffle(found)
        at = draw.choice([0, len(before), len(before) + len(found)])
        records = [*before, *found]
        records.insert(at, shown(written))
        assert pictures_of(records)[:1] == [DATA], (written, address)


def test_links_that_lead_nowhere_end() -> None:
    circle = [moved(STORED, OTHERS[0]), moved(OTHERS[0], OTHERS[1]), moved(OTHERS[1], STORED)]
    assert pictures_of([shown(STORED), *circle]) == [None]
    assert reasons_of([shown(STORED), *circle]) == ["http_status"] * 3
    chain = [moved(f"{OTHERS[0]}?{n}", f"{OTHERS[0]}?{n + 1}") for n in range(200)]
    far = [moved(STORED, f"{OTHERS[0]}?0"), *chain, stored(f"{OTHERS[0]}?200", DATA)]
    assert pictures_of([shown(STORED), *far]) == [None]


def test_what_is_no_picture_here_may_be_one_in_another_file() -> None:
    records = [shown(STORED), stored(STORED, b"rate limit exceeded")]
    assert pictures_of(records) == [b"rate limit exceeded"]
    noted: list[Row] = []
    data = b"".join(records)
    file = CrawlFile("a.warc", len(data), lambda: io.BytesIO(data))
    [page] = read("warc", [file], lambda _: None, note=lambda _, row: noted.append(row))
    assert isinstance(page, Document)
    assert [n.data for n in page.nodes if isinstance(n, ImageNode)] == [None]
    assert [row.what for row in noted] == [What.PAGE, What.DOUBTFUL, What.NOT_SHOWN]


def test_pictures_are_read_by_place_whatever_is_told_of_their_records() -> None:
    data = stored(STORED, DATA, WARC_Block_Digest=sha1(OTHER))
    file = CrawlFile("a.warc", len(data), lambda: io.BytesIO(data))
    assert list(pictures([file], [(0, 0)], Limits())) == [DATA]


def test_a_revisit_counts_by_its_most_exact_reference() -> None:
    records = [
        stored(OTHERS[0], OTHER, WARC_Payload_Digest=sha1(OTHER)),
        stored(OTHERS[1], DATA, WARC_Payload_Digest=sha1(DATA)),
        _seen_again(STORED, WARC_Refers_To_Target_URI=OTHERS[0], WARC_Payload_Digest=sha1(DATA)),
    ]
    assert pictures_of([shown(STORED), *records]) == [DATA]


def test_a_page_that_is_stored_is_not_missed_where_it_is_seen_again_or_moved() -> None:
    page = record("response", PAGE, answer(PROSE.encode(), "text/html"), WARC_Record_ID="<urn:1>")
    elsewhere = "https://site.example/b"
    for link in (
        moved(elsewhere, PAGE),
        _to(elsewhere, PAGE),
        _to(PAGE, PAGE),
        _seen_again(elsewhere, WARC_Refers_To="<urn:1>"),
    ):
        assert reasons_of([page, link]) == reasons_of([link, page]) == []
    assert reasons_of([page, moved(elsewhere, OTHERS[0])]) == ["http_status"]
    assert reasons_of([page, _to(elsewhere, OTHERS[0])]) == ["revisit"]


@pytest.mark.parametrize("charset", ["windows-1251", "shift_jis", "koi8-r", "utf-8"])
@pytest.mark.parametrize("client", ["browser", "UTF-8", "bytes"])
def test_a_reference_is_found_in_its_pages_encoding_and_in_utf8(charset: str, client: str) -> None:
    name = "название" if charset != "shift_jis" else "写真"
    html = f'<meta charset="{charset}">{PROSE}<p>{name}</p><img src="/{name}?q={name}">'
    path = quote(name.encode(charset if client == "bytes" else "utf-8"))
    query = quote(name.encode("utf-8" if client == "UTF-8" else charset)).lower()
    address = f"https://site.example/{path}?q={query}"
    page = record("response", PAGE, answer(html.encode(charset), "text/html"))
    assert pictures_of([page, stored(address, DATA)]) == [DATA]


def test_files_of_one_machine_find_their_neighbours() -> None:
    page = record(
        "resource", "file:///c:/x/page.html", f"{PROSE}<img src='p%201.jpg'>".encode(),
        Content_Type="text/html",
    )  # fmt: skip
    image = record("resource", "file:///c:/x/p 1.jpg", DATA, Content_Type="image/jpeg")
    assert pictures_of([page, image]) == [DATA]
    outside = shown("file:///c:/x/p%201.jpg")
    assert pictures_of([outside, image]) == []


def test_rows_say_what_each_record_is_to_who_looks_for_pictures() -> None:
    data = b"".join(
        [
            shown(STORED),
            stored(STORED, DATA, **NAMED),
            stored(OTHERS[0], b"busy"),
            stored(OTHERS[0], DATA[:99], WARC_Truncated="length"),
            moved(OTHERS[1], STORED),
            _to(OTHERS[0], STORED),
            record("response", OTHERS[2], answer(b"%PDF-1.7", "application/pdf")),
            record("warcinfo", "", b"software: x"),
        ]
    )
    made = list(rows(io.BytesIO(data), "a.warc", Limits()))
    assert [row.what for row in made] == [
        *(What.PAGE, What.IMAGE, What.DOUBTFUL, What.UNUSABLE, What.LINK, What.LINK)
    ]
    name = "//site.example/i/p%20(1).jpg?a=%C3%BC"
    digest = f"sha1:{hashlib.sha1(DATA).hexdigest()}"
    assert name_of(STORED) == name
    assert made[1].names == (name, "<urn:uuid:1>", digest, f"{name} {DATE}")
    assert made[4].leads_to == made[5].leads_to == (name,)


def test_memory_holds_little_for_an_address() -> None:
    import tracemalloc

    many = 20_000
    tracemalloc.start()
    places = Places(
        Row(What.IMAGE, n, (f"//a.example/{n}", f"<urn:{n}>", f"sha1:{n}", f"//a.example/{n} d"))
        for n in range(many)
    )
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert places.image("https://a.example/7") == 7
    assert held / many < 300


def test_a_second_walk_passes_over_the_pictures_of_which_nothing_is_told() -> None:
    records = [
        stored(OTHERS[0], DATA),
        stored(OTHERS[1], OTHER),
        shown(STORED),
        stored(OTHERS[2], DATA, WARC_Block_Digest=sha1(OTHER)),  # which is told
        stored(STORED, DATA),
        b"no record\r\n",
        stored(STORED, DATA[:99], WARC_Truncated="length"),
        stored(STORED, OTHER),
        record("warcinfo", "", b"software: x"),
        moved(OTHERS[1], STORED),
        stored(OTHERS[2], DATA),
    ]
    data, passed = b"".join(records), dict[int, int]()
    for _ in rows(io.BytesIO(data), "a.warc", Limits(), passed):
        pass
    starts = [len(b"".join(records[:number])) for number in range(len(records))]
    assert passed == {starts[a]: starts[b] for a, b in ((0, 1), (1, 2), (7, 9))}
    whole = list(responses(io.BytesIO(data), "a.warc", Limits()))
    again = list(responses(io.BytesIO(data), "a.warc", Limits(), passed=passed))
    assert again == [item for item in whole if item.offset not in passed]
