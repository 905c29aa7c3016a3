"""WARC files as they are written: the same records come out of every form, whatever is torn."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from realsyn_tasks.formats import BadRecord, Document, Limits, TextNode, read
from realsyn_tasks.formats.discovery import discover, documents_of
from realsyn_tasks.formats.folder import list_folder
from realsyn_tasks.formats.warc_records import responses
from tests.formats import warc_forms
from tests.formats.warc_forms import DAMAGES, PACKINGS, SITE, WHOLE, Form, html, texts, write

COUNT = 50
TEXT = texts(1)[0]
LIMITS = Limits()

FORMS = [
    *(
        Form(packing, line_end, spelled=spelled)
        for packing in PACKINGS
        for line_end in (b"\r\n", b"\n")
        for spelled in (bytes, bytes.lower, bytes.upper)
    ),
    *(Form(version=b"WARC/" + number) for number in (b"0.17", b"0.18", b"1.1")),
    *(Form(digest=kind) for kind in ("", "md5:base16", "sha256:base32", "sha1:base16")),
    *(
        Form(packing, http_line_end=end, status=status)
        for packing in ("", "gzip")
        for end in (b"\r\n", b"\n", b"\r")
        for status in (b"HTTP/2 200", b"HTTP/1.0 200 ", b"http/1.1  200 Fine", b"HTTP/3 200 OK")
    ),
]


def read_file(tmp_path: Path, data: bytes, suffix: str, limits: Limits = LIMITS) -> list:
    path = tmp_path / "crawl" / f"a{suffix}"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    files = list_folder(path.parent)
    return list(read("warc", files, lambda _: None, limits))


def sentences(items: list) -> list[str]:
    nodes = [item.nodes[0] for item in items if isinstance(item, Document)]
    return [node.text for node in nodes if isinstance(node, TextNode)]


def bad(items: list) -> list[BadRecord]:
    return [item for item in items if isinstance(item, BadRecord)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: repr(form)[5:-1])
def test_every_form_gives_the_same_records(tmp_path: Path, form: Form) -> None:
    items = read_file(tmp_path, write(form, 7).file(), form.suffix)
    assert sentences(items) == texts(7)
    assert not bad(items)
    assert [item.url for item in items] == [f"{SITE}/{number}.html" for number in range(7)]
    assert len({item.offset for item in items}) == 7


@pytest.mark.parametrize(
    ("packing", "line_end", "seed"),
    list(product([p for p in PACKINGS if p not in WHOLE], (b"\r\n", b"\n"), range(6))),
    ids=str,
)
def test_damage_at_random_costs_the_records_that_it_hits(
    tmp_path: Path, packing: str, line_end: bytes, seed: int
) -> None:
    """Damaged records may be lost or mended; all others come out, and what is lost is counted."""
    rng = random.Random(f"{packing} {seed}")
    written = write(Form(packing, line_end), COUNT)
    hit = set(rng.sample(range(1, COUNT - 1), 8))
    for number in hit:
        written.records[number] = rng.choice(DAMAGES)(written.records[number], rng)
    data = written.file()
    items = read_file(tmp_path, data, written.form.suffix)
    whole = [text for number, text in enumerate(texts(COUNT)) if number not in hit]
    assert set(whole) <= set(sentences(items))
    assert len(sentences(items)) == len(set(sentences(items)))
    assert bad(items)
    assert 0 < sum(item.lost for item in bad(items)) < len(data) // 2


@pytest.mark.parametrize("packing", WHOLE)
@pytest.mark.parametrize("seed", range(6))
def test_damage_before_packing_costs_the_records_that_it_hits(
    tmp_path: Path, packing: str, seed: int
) -> None:
    rng = random.Random(seed)
    written = write(Form(packing), COUNT)
    hit = rng.randrange(1, COUNT - 1)
    written.records[hit] = rng.choice(DAMAGES)(written.records[hit], rng)
    items = read_file(tmp_path, written.file(), written.form.suffix)
    whole = [text for number, text in enumerate(texts(COUNT)) if number != hit]
    assert set(whole) <= set(sentences(items)) and bad(items)


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.97])
def test_a_file_that_ends_in_the_middle_says_so(tmp_path: Path, packing: str, share: float) -> None:
    count = COUNT * (8 if packing == "zstd whole" else 3)  # it gives nothing of a torn block
    written = write(Form(packing), count)
    data = written.file()
    items = read_file(tmp_path, data[: int(len(data) * share)], written.form.suffix)
    assert "file_cut" in {item.reason.code for item in bad(items)}
    assert len(sentences(items)) < count
    assert sentences(items) == texts(count)[: len(sentences(items))]


@pytest.mark.parametrize("packing", [p for p in PACKINGS if p not in WHOLE])
@pytest.mark.parametrize("garbage", [b"garbage", bytes(5000), b"\r\n\r\n\r\n", b"\x1f\x8b\x08junk"])
def test_what_trails_a_file_costs_nothing(tmp_path: Path, packing: str, garbage: bytes) -> None:
    written = write(Form(packing), 5)
    items = read_file(tmp_path, written.file() + garbage, written.form.suffix)
    assert sentences(items) == texts(5)
    assert len(bad(items)) == bool(garbage.strip(b"\0\r\n"))


def test_a_member_of_several_records_among_others_is_read(tmp_path: Path) -> None:
    plain = write(Form(""), 6).records
    groups = [plain[:1], plain[1:2], plain[2:3], plain[3:5], plain[5:]]
    data = b"".join(gzip.compress(b"".join(group)) for group in groups)
    items = read_file(tmp_path, data, ".warc.gz")
    assert sentences(items) == texts(6) and not bad(items)
    assert len({item.offset for item in items}) == 6


@pytest.mark.parametrize("setting", ["keep", "drop"])
@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("kind", ["sha1:base32", "sha256:base16", "md5:base16"])
def test_a_stale_digest_is_told_and_a_setting_decides(
    tmp_path: Path, packing: str, kind: str, setting: str
) -> None:
    form = Form(packing, digest=kind)
    written = write(form, 5)
    stale = write(Form("", digest=kind), 5).records[2].replace(b"the stairs", b"THE STAIRS")
    if packing in ("", *WHOLE):
        written.records[2] = stale
    else:
        pack = gzip.compress if packing == "gzip" else warc_forms.zstandard.compress
        written.records[2] = pack(stale)
    limits = Limits(wrong_digest=setting)  # type: ignore[arg-type]
    items = read_file(tmp_path, written.file(), form.suffix, limits)
    assert [item.reason.code for item in bad(items)] == ["wrong_digest"]
    assert len(sentences(items)) == (5 if setting == "keep" else 4)


def test_digests_that_are_none_count_for_nothing(tmp_path: Path) -> None:
    written = write(Form(""), 3)
    for number, label in enumerate((b"sha1:123", b"blake3:abc", b"none")):
        record = written.records[number]
        start = record.index(b"WARC-Block-Digest: ") + 19
        written.records[number] = record[:start] + label + record[record.index(b"\r\n", start) :]
    items = read_file(tmp_path, written.file(), ".warc")
    assert sentences(items) == texts(3) and not bad(items)


@pytest.mark.parametrize(
    "block",
    [
        html(TEXT),
        b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html(TEXT),
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + html(TEXT),
        b"HTTP/1.1 200 OK\r\n\r\n" + html(TEXT),
        b"HTTP/1.1 200\nContent-Length: 3\nno colon here\n\n" + html(TEXT),
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + html(TEXT),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + html(TEXT),
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + html(TEXT),
    ],
    ids=lambda block: repr(block[:40]),
)
def test_answers_are_read_however_their_heads_are_written(tmp_path: Path, block: bytes) -> None:
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: %b/0.html\r\n"
    length = b"Content-Length: %d\r\n\r\n" % len(block)
    record = head % SITE.encode() + length + block + b"\r\n\r\n"
    items = read_file(tmp_path, record, ".warc")
    assert sentences(items) == [TEXT] and not bad(items)


@pytest.mark.parametrize("name", ["a", "a.warc.zst"])
@pytest.mark.parametrize("packing", PACKINGS)
def test_the_form_is_told_by_its_beginning(packing: str, name: str) -> None:
    data = write(Form(packing), 3).file()
    assert discover([(name, len(data))], lambda _: io.BytesIO(data)) == "warc"
    documents = documents_of([(name, len(data))], "warc", lambda _: io.BytesIO(data))
    assert documents == [(name, len(data))]


@pytest.mark.parametrize("packing", ["", "gzip", "zstd", "zstd dictionary", "zstd packed one"])
def test_another_reader_sees_the_same_records(packing: str) -> None:
    from fastwarc.warc import ArchiveIterator

    data = write(Form(packing, http_line_end=b"\r\n"), COUNT).file()
    theirs = [
        (record.headers["WARC-Target-URI"], record.http_headers.status_code, record.reader.read())
        for record in ArchiveIterator(io.BytesIO(data), parse_http=True)
    ]
    ours = responses(io.BytesIO(data), "a", LIMITS)
    assert [(item.url, item.status, item.body) for item in ours] == theirs  # type: ignore[union-attr]
    assert len(theirs) == COUNT


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("spelled", [bytes, bytes.lower, bytes.upper])
@pytest.mark.parametrize("packing", ["", "gzip"])
def test_a_lenient_reader_sees_the_same_records(
    packing: str, spelled: Callable[[bytes], bytes], line_end: bytes
) -> None:
    from warcio.archiveiterator import ArchiveIterator

    data = write(Form(packing, line_end, spelled=spelled), 9).file()
    theirs = [
        (record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read())
        for record in ArchiveIterator(io.BytesIO(data))
    ]
    ours = responses(io.BytesIO(data), "a", LIMITS)
    assert [(item.url, item.body) for item in ours] == theirs  # type: ignore[union-attr]
