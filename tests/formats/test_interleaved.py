"""OBELICS and MMC4: rows of texts and addresses; a malformed one costs itself only."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from realsyn_tasks.formats import (
    BadRecord,
    CorruptCrawlFile,
    Document,
    ImageNode,
    Limits,
    Record,
    TextNode,
    read,
)
from realsyn_tasks.formats.folder import list_folder
from tests.formats.files import PHOTO, mmc4_line, obelics_row, packed, write_obelics


def items_of(kind: str, folder: Path, limits: Limits | None = None) -> list[Document | BadRecord]:
    return list(read(kind, list_folder(folder), lambda _: None, limits))


def documents(items: list[Document | BadRecord]) -> list[Document]:
    return [item for item in items if isinstance(item, Document)]


def reasons(items: list[Document | BadRecord]) -> list[tuple[int, str]]:
    return [(item.offset, item.reason.code) for item in items if isinstance(item, BadRecord)]


def test_obelics_rows_are_documents(tmp_path: Path) -> None:
    write_obelics(tmp_path, [obelics_row(n) for n in range(3)])
    found = items_of("obelics", tmp_path)
    assert [item.offset for item in found] == [0, 1, 2]
    assert found[1] == Document(
        "https://pages.example/1",
        "part-0.parquet",
        1,
        (
            TextNode("Paragraph 1."),
            TextNode("Another one."),
            ImageNode(PHOTO, None, "A tram", "", ""),
            TextNode("The end."),
        ),
    )


ABOUT = {
    "title": " Trams \n of the city ",
    "language": "en-GB",
    "license": "https://creativecommons.org/licenses/by/4.0/deed.en",
    "crawl_date": "2021-10-16T18:18:48Z",
}


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        (ABOUT, Record("Trams of the city", "en", "CC-BY-4.0", "2021-10-16T18:18:48Z")),
        (
            {"page_title": "Trams", "lang": "de", "license_url": "https://site.example/terms"},
            Record("Trams", "de", "https://site.example/terms"),
        ),
        ({"warc_date": "2021-10-16 18:18:48"}, Record(crawled="2021-10-16T18:18:48")),
        (
            {"warc_filename": "crawl-data/x/warc/CC-MAIN-20211016181848-00217.warc.gz"},
            Record(crawled="2021-10-16"),
        ),
        ({"warc_filename": "20219916181848.warc.gz", "crawled": "yesterday"}, Record()),
        ({"title": ["x"], "language": 7, "license": {"a": 1}, "crawled": 2021}, Record()),
        ({"license": "All rights reserved", "title": "", "lang": "<b>"}, Record()),
    ],
)
def test_what_metadata_says_of_a_page_is_read(
    tmp_path: Path, changes: dict[str, Any], about: Record
) -> None:
    metadata = {"url": "https://pages.example/1", **changes}
    write_obelics(tmp_path, [obelics_row(1, general_metadata=json.dumps(metadata))])
    (tmp_path / "lines").mkdir()
    (tmp_path / "lines/a.jsonl").write_bytes(mmc4_line(**changes))
    for kind, folder in (("obelics", tmp_path), ("mmc4", tmp_path / "lines")):
        files = [file for file in list_folder(folder) if "/" not in file.path]
        [page] = [item for item in read(kind, files, lambda _: None) if isinstance(item, Document)]
        assert page.about == about


def test_the_end_of_document_token_ends_a_paragraph_and_vanishes(tmp_path: Path) -> None:
    text = "Read more END_OF_DOCUMENT_TOKEN_TO_BE_REPLACED\nThe next page. It goes on."
    write_obelics(tmp_path, [obelics_row(0, images=[None], texts=[text], metadata=None)])
    [found] = documents(items_of("obelics", tmp_path))
    assert found.nodes == (TextNode("Read more"), TextNode("The next page. It goes on."))


def test_malformed_obelics_rows_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    long = "word " * 300
    rows = [
        obelics_row(0, texts=["one too few"]),
        obelics_row(1, images=None),
        obelics_row(2, metadata="{not json"),
        obelics_row(3, images=[None, "file:///etc/passwd", None]),
        obelics_row(4, texts=[long, None, None]),
        obelics_row(5, images=[None], texts=[None], metadata=None),
        obelics_row(6),
    ]
    write_obelics(tmp_path, rows)
    found = items_of("obelics", tmp_path, Limits(page_bytes=1000))
    assert reasons(found) == [
        (0, "malformed_row"),
        (1, "malformed_row"),
        (2, "malformed_metadata"),
        (3, "unsafe_address"),
        (4, "oversized_row"),
        (5, "no_content"),
    ]
    assert [document.offset for document in documents(found)] == [2, 3, 6]


def test_a_huge_row_group_is_read_a_few_rows_at_a_time(tmp_path: Path) -> None:
    noise = [f"{seed:x}" * 300 for seed in range(10**8, 10**8 + 8000)]
    rows = [obelics_row(n, texts=[text, None, "end"]) for n, text in enumerate(noise)]
    options = {"row_group_size": 10**6, "compression": "none", "use_dictionary": False}
    path = write_obelics(tmp_path, rows, **options)
    assert path.stat().st_size > 15_000_000
    before, most = pa.total_allocated_bytes(), 0
    for _ in read("obelics", list_folder(tmp_path), lambda _: None):
        most = max(most, pa.total_allocated_bytes() - before)
    assert 0 < most < 8_000_000


def test_a_damaged_row_group_costs_itself(tmp_path: Path) -> None:
    rows = [obelics_row(n, texts=[f"{n} " * 400, None, "end"]) for n in range(40)]
    path = write_obelics(tmp_path, rows, row_group_size=10, compression="gzip")
    column = pq.ParquetFile(path).metadata.row_group(1).column(1)
    data = bytearray(path.read_bytes())
    start = column.dictionary_page_offset
    data[start : start + column.total_compressed_size] = b"\xee" * column.total_compressed_size
    path.write_bytes(data)
    found = items_of("obelics", tmp_path)
    assert reasons(found) == [(10, "unreadable_rows")]
    lost = sum(item.lost for item in found if isinstance(item, BadRecord))
    assert column.total_compressed_size <= lost < len(data) // 2
    assert [d.offset for d in documents(found)] == [*range(10), *range(20, 40)]


@pytest.mark.parametrize("content", [b"PAR1 but no more", b""])
def test_what_is_no_parquet_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(CorruptCrawlFile, match=r"a\.parquet"):
        items_of("obelics", tmp_path)


def test_parquet_with_a_broken_column_name_is_named(tmp_path: Path) -> None:
    path = write_obelics(tmp_path, [obelics_row(0)])
    path.write_bytes(path.read_bytes().replace(b"general_metadata", b"g\xffneral_metadata"))
    with pytest.raises(CorruptCrawlFile, match=r"part-0\.parquet"):
        items_of("obelics", tmp_path)


def test_a_lack_of_memory_is_no_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise pa.ArrowMemoryError("malloc of size 8 failed")

    write_obelics(tmp_path, [obelics_row(0)])
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", no_room)
    with pytest.raises(pa.ArrowMemoryError):
        items_of("obelics", tmp_path)
    monkeypatch.setattr(pq, "ParquetFile", no_room)
    with pytest.raises(pa.ArrowMemoryError):
        items_of("obelics", tmp_path)


def test_parquet_of_another_kind_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"url": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(CorruptCrawlFile, match="no column images and no texts"):
        items_of("obelics", tmp_path)


@pytest.mark.parametrize("suffix", ["", ".gz", ".zip"])
def test_mmc4_lines_are_documents(tmp_path: Path, suffix: str) -> None:
    name = f"docs_shard_1_v2.jsonl{suffix}"
    (tmp_path / name).write_bytes(packed(mmc4_line() * 2, suffix))
    first, second = items_of("mmc4", tmp_path)
    assert isinstance(first, Document) and isinstance(second, Document)
    assert (first.offset, second.offset) == (0, 1)
    said = [node.text if isinstance(node, TextNode) else node.url[-8:] for node in first.nodes]
    assert said == [PHOTO[-8:], "First.", "Second.", "le/2.jpg", "Third.", "le/9.jpg"]


def test_malformed_mmc4_lines_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [
        b"{broken\n",
        b"[" * 100_000 + b"\n",
        mmc4_line(text_list="no list"),
        mmc4_line(image_info=[1]),
        mmc4_line(text_list=["x" * 9_000_000]),
        b"\n",
        mmc4_line(image_info=[{"raw_url": 7, "matched_text_index": 0}]),
        mmc4_line(image_info=None, text_list=[]),
        mmc4_line(image_info=[{"raw_url": PHOTO, "matched_text_index": True}]),
    ]
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines))
    found = items_of("mmc4", tmp_path)
    assert reasons(found) == [
        (0, "malformed_json"),
        (1, "malformed_json"),
        (2, "malformed_row"),
        (3, "malformed_row"),
        (4, "oversized_line"),
        (6, "unsafe_address"),
        (7, "no_content"),
    ]
    assert [document.offset for document in documents(found)] == [6, 8]


@pytest.mark.parametrize(
    ("name", "packing"),
    [
        *(("a.jsonl", ".gz"), ("a.jsonl", ".zip"), ("a.jsonl.gz", ""), ("a", ".gz")),
        *(("a.jsonl.zst", ".zst"), ("a.ndjson", ".zst"), ("a", ".zst")),
    ],
)
def test_lines_are_unpacked_by_their_beginning(tmp_path: Path, name: str, packing: str) -> None:
    (tmp_path / name).write_bytes(packed(mmc4_line() * 2, packing))
    assert len(documents(items_of("mmc4", tmp_path))) == 2


def test_halves_of_characters_reach_no_text_and_no_address(tmp_path: Path) -> None:
    half = "A \ud83d tram"
    image = {"raw_url": f"https://photos.example/{half}.jpg", "matched_text_index": 0}
    line = mmc4_line(text_list=[half], image_info=[image], url="https://\udc00.example/")
    (tmp_path / "a.jsonl").write_bytes(line)
    [page] = documents(items_of("mmc4", tmp_path))
    assert page.nodes == (TextNode("A \ufffd tram"),)
    assert page.url == "a.jsonl#0"
    (tmp_path / "a.jsonl").unlink()
    write_obelics(tmp_path, [obelics_row(0, metadata=json.dumps([None, {"alt_text": half}, None]))])
    [page] = documents(items_of("obelics", tmp_path))
    assert page.nodes[2] == ImageNode(PHOTO, None, "", "", "")


def test_obelics_rows_come_as_json_lines_too(tmp_path: Path) -> None:
    lines = [obelics_row(0), obelics_row(1, images=None), obelics_row(2)]
    data = b"".join(json.dumps(row).encode() + b"\n" for row in lines) + b"[1]\n{broken\n"
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(data))
    found = items_of("obelics", tmp_path)
    assert reasons(found) == [(1, "malformed_row"), (3, "malformed_row"), (4, "malformed_json")]
    assert [document.offset for document in documents(found)] == [0, 2]
    (tmp_path / "a.jsonl.gz").unlink()
    write_obelics(tmp_path, lines[:1])
    [stored] = documents(items_of("obelics", tmp_path))
    assert stored.nodes == documents(found)[0].nodes


def test_a_file_of_no_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(CorruptCrawlFile, match=r"a\.jsonl\.gz: holds no line"):
        items_of("mmc4", tmp_path)


def test_a_file_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    lines = b"".join(mmc4_line(url=f"https://pages.example/{n * n}") for n in range(500))
    data = gzip.compress(lines)
    (tmp_path / "a.jsonl.gz").write_bytes(data[: len(data) * 9 // 10])
    found = items_of("mmc4", tmp_path)
    assert len(documents(found)) > 300
    assert reasons(found)[-1][1] == "file_cut"
    lines = lines[: len(lines) * 9 // 10]
    (tmp_path / "a.jsonl.gz").unlink()
    (tmp_path / "a.jsonl").write_bytes(lines)
    assert reasons(items_of("mmc4", tmp_path))[-1][1] == "file_cut"


def test_what_is_no_gzip_or_zip_is_named(tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "a.jsonl.zip", "a.jsonl"):
        (tmp_path / name).write_bytes(b"" if name == "a.jsonl" else b"no archive at all")
        with pytest.raises(CorruptCrawlFile, match=r"a\.jsonl"):
            items_of("mmc4", tmp_path)
        (tmp_path / name).unlink()


def test_bombs_of_lines_end_and_cost_no_memory(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b" " * 40_000_000))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * 1_000_000))
    tracemalloc.start()
    found = items_of("mmc4", tmp_path, Limits(page_bytes=1 << 20, record_bytes=1000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    bombs = [item.source for item in found if item.reason.code == "decompression_bomb"]  # type: ignore[union-attr]
    assert bombs == ["a.jsonl.gz", "b.jsonl.gz"]
    assert ("a.jsonl.gz", "oversized_line") in [(i.source, i.reason.code) for i in found]  # type: ignore[union-attr]
    assert peak < 200 << 20


HALVES = ("\ud83d", "\udc00", "\udfff\ud800", "\ud83d\ud83d")


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("place", ["text", "url", "raw_url", "title", "language", "license"])
def test_halves_of_characters_cost_what_they_stand_in(
    tmp_path: Path, half: str, place: str
) -> None:
    broken = f"The boat {half} sails."
    texts = ["The old tower stands.", broken if place == "text" else "A boat sails."]
    image = {"raw_url": f"https://photos.example/{half if place == 'raw_url' else 'a'}.jpg"}
    about = {name: broken for name in (place,) if name not in ("text", "raw_url")}
    line = mmc4_line(**{"text_list": texts, "image_info": [image], **about})
    (tmp_path / "a.jsonl").write_bytes(line + mmc4_line())
    items = items_of("mmc4", tmp_path)
    first, second = documents(items)
    assert len(second.nodes) > 1
    assert TextNode("The old tower stands.") in first.nodes
    repr(items).encode()
    wanted = {"raw_url": [(0, "unsafe_address")], "title": [(0, "broken_text")]}
    assert reasons(items) == wanted.get(place, [])
    assert first.about.title == ""


@pytest.mark.parametrize("half", HALVES)
def test_halves_in_an_alternative_text_of_obelics_cost_that_text(tmp_path: Path, half: str) -> None:
    alt = json.dumps([None, {"alt_text": f"A {half} tram"}, None])
    write_obelics(tmp_path, [obelics_row(0, metadata=alt), obelics_row(1)])
    items = items_of("obelics", tmp_path)
    assert reasons(items) == [(0, "broken_text")]
    first, second = documents(items)
    assert [node.alt for node in first.nodes if isinstance(node, ImageNode)] == [""]
    assert [node.alt for node in second.nodes if isinstance(node, ImageNode)] == ["A tram"]


@pytest.mark.parametrize("wrong", [b"\xff", b"\xed\xa0\xbd", b"\x92", b"\xc3("])
@pytest.mark.parametrize("large", [False, True])
def test_bytes_that_are_no_text_cost_what_they_stand_in(
    tmp_path: Path, wrong: bytes, large: bool
) -> None:
    prose = b"The old wooden tower stands on the hill above the quiet harbour of the town. " * 5
    texts = [[prose + wrong, None, b"The end."], [b"Another paragraph of the town.", None, None]]
    images = [[None, b"https://photos.example/a.jpg", None]] * 2
    text = pa.large_binary() if large else pa.binary()
    kinds = {pa.binary(): pa.string(), pa.large_binary(): pa.large_string()}
    columns = {
        name: _unchecked(values, text, kinds[text])
        for name, values in (("texts", texts), ("images", images))
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    items = items_of("obelics", tmp_path)
    first, second = documents(items)
    assert reasons(items) == []
    assert "\ufffd" in first.nodes[0].text  # type: ignore[union-attr]
    assert first.nodes[2] == TextNode("The end.")
    assert second.nodes[0] == TextNode("Another paragraph of the town.")


def _unchecked(values: list[Any], kind: pa.DataType, text: pa.DataType) -> pa.Array:
    """Lists of texts whose bytes nobody has checked, as strangers' writers make them."""
    array = pa.array(values, type=pa.list_(kind))
    inner = pa.Array.from_buffers(text, len(array.values), array.values.buffers())
    return pa.ListArray.from_arrays(array.offsets, inner)


def test_bytes_that_are_no_text_in_a_line_cost_what_they_stand_in(tmp_path: Path) -> None:
    prose = "The old wooden tower stands on the hill above the quiet harbour. " * 5
    line = mmc4_line(text_list=[prose + "QQ", "The end."])
    (tmp_path / "a.jsonl").write_bytes(line.replace(b"QQ", b"\xff\x92") + mmc4_line())
    first, second = documents(items_of("mmc4", tmp_path))
    assert TextNode("The end.") in first.nodes
    assert len(second.nodes) > 1


COSTLY_LINES = {
    "deep": (b'{"text_list":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "malformed_json"),
    "deep beside": (b'{"text_list":["a"],"x":' + b'{"a":' * 90_000 + b"1" * 9, "malformed_json"),
    "endless number": (b'{"text_list":["a"],"x":' + b"1" * 900_000 + b"}", "malformed_json"),
    "endless": (b'{"text_list":["' + b"a" * 9_000_000 + b'"]}', "oversized_line"),
    "many texts": (b'{"text_list":["a"' + b',"a"' * 200_000 + b"]}", "page_cut"),
}


@pytest.mark.parametrize(("line", "reason"), COSTLY_LINES.values(), ids=COSTLY_LINES)
def test_a_line_that_costs_too_much_costs_itself(line: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line + b"\n" + mmc4_line())
    items = items_of("mmc4", tmp_path)
    assert reasons(items) == [(0, reason)]
    assert documents(items)[-1].offset == 1


COSTLY_CELLS: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"images": [None], "texts": ["a" * 70_000_000]}, "oversized_row"),
    "metadata": ({"metadata": "[" + "[]," * 3_000_000 + "1]"}, "oversized_row"),
    "about": ({"general_metadata": '{"a":[' + "[]," * 3_000_000 + "1]}"}, "oversized_row"),
    "deep metadata": ({"metadata": "[" * 100_000}, "malformed_metadata"),
    "addresses": (
        {"images": ["https://a.example/" + "a" * 90_000] * 100, "texts": [None] * 100},
        "oversized_row",
    ),
    "many": (
        {"images": [None] * 200_000, "texts": ["a"] * 200_000, "metadata": None},
        "page_cut",
    ),
}


@pytest.mark.parametrize(("cells", "reason"), COSTLY_CELLS.values(), ids=COSTLY_CELLS)
def test_a_row_that_costs_too_much_costs_itself(
    cells: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    write_obelics(tmp_path, [obelics_row(0), obelics_row(1, **cells), obelics_row(2)])
    items = items_of("obelics", tmp_path)
    assert reasons(items) == [(1, reason)]
    assert {0, 2} <= {page.offset for page in documents(items)}


def test_a_cell_that_is_too_large_never_becomes_an_object(tmp_path: Path) -> None:
    large = {"images": [None], "texts": ["a" * 100_000_000], "metadata": None}
    write_obelics(tmp_path, [obelics_row(0), obelics_row(1, **large)], compression="zstd")
    tracemalloc.start()
    items = items_of("obelics", tmp_path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reasons(items) == [(1, "oversized_row")]
    assert most < 50_000_000
