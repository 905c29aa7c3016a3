"""Parse: documents in, images and sentences out, every other thing with a reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.stage import Output
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.crawl import CrawlObject
from realsyn_tasks.extract import parse
from realsyn_tasks.formats import CorruptCrawlFile
from realsyn_tasks.formats.discovery import discover
from realsyn_tasks.pictures.pixels import decode, read_at
from tests.crawls import (
    DATE,
    HOST,
    Response,
    picture,
    write_tiny_html_folder,
    write_tiny_warc,
    write_warc,
)
from tests.formats.files import mmc4_line, obelics_row, packed, write_obelics, write_zip
from tests.support import FakeInputs, context


class FolderCrawl:
    """A folder's files as a crawl, those with a suffix as its one shard."""

    def __init__(self, folder: Path, suffix: str) -> None:
        storage = Storage.at(str(folder))
        self._all = {p: CrawlObject(storage, p, s) for p, s in storage.listing("", True)}
        self._mine = [item for path, item in self._all.items() if path.endswith(suffix)]
        self.format = discover([(item.path, item.size) for item in self._mine], storage.open)

    def objects(self, shard: int) -> list[CrawlObject]:
        return self._mine

    def object(self, path: str) -> CrawlObject | None:
        return self._all.get(path)

    def beside(self) -> list[str]:
        return [path for path, item in self._all.items() if item not in self._mine]


def parse_folder(folder: Path, suffix: str, scratch: Path, **config: Any) -> Output:
    inputs = FakeInputs(sources={"crawl": FolderCrawl(folder, suffix)})
    return parse.run(inputs, parse.Config(**config), context(scratch))


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def test_images_lie_where_the_table_says(tmp_path: Path, scratch: Path) -> None:
    write_tiny_warc(tmp_path / "crawl")
    output = parse_folder(tmp_path / "crawl", ".warc.gz", scratch)
    images = output.tables["images"].to_pylist()
    assert len(images) >= 10
    with output.blobs["pixels"].open("rb") as tar:
        for row in images:
            data = read_at(tar, row["offset"], row["length"])
            assert ids.image_id(data) == row["image_id"]
            assert min(decode(data).size) > 50


def test_sentences_have_content_ids_and_their_origin(tmp_path: Path, scratch: Path) -> None:
    write_tiny_warc(tmp_path / "crawl")
    output = parse_folder(tmp_path / "crawl", ".warc.gz", scratch)
    sentences = output.tables["sentences"].to_pylist()
    documents = {row["document_id"]: row["url"] for row in output.tables["documents"].to_pylist()}
    assert len(sentences) >= 40
    assert [row["sentence_id"] for row in sentences] == sorted(r["sentence_id"] for r in sentences)
    for row in sentences:
        assert row["sentence_id"] == ids.sentence_id(row["text"])
        assert documents[row["document_id"]] == row["document_url"]


def test_rows_are_the_same_however_many_are_kept_at_once(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny_warc(tmp_path / "crawl")
    whole = parse_folder(tmp_path / "crawl", ".warc.gz", scratch)
    monkeypatch.setattr(parse, "ROWS_AT_ONCE", 7)
    parts = parse_folder(tmp_path / "crawl", ".warc.gz", scratch)
    assert parts.tables == whole.tables
    for name, table in whole.tables.items():
        files = [scratch / f"{name}-{number}" for number in range(2)]
        tables.write_table(table, files[0])
        tables.write_table(parts.tables[name], files[1])
        assert files[0].read_bytes() == files[1].read_bytes()


def test_images_elsewhere_are_listed_where_they_will_be_fetched(
    tmp_path: Path, scratch: Path
) -> None:
    crawl = tmp_path / "crawl"
    there = '<img src="https://far.example/a.jpg" alt="A tram"><img src="gone.png">'
    _page(crawl, "a.html", "The old red tram climbs the steep hill slowly.", there)
    _page(crawl, "b.html", "Once more.", there)
    inputs = FakeInputs(sources={"crawl": FolderCrawl(crawl, ".html")})
    inputs.tables["fetch", "images"] = []
    output = parse.run(inputs, parse.Config(), context(scratch))
    [row] = output.tables["linked_images"].to_pylist()
    assert (row["url"], row["alt"]) == ("https://far.example/a.jpg", "A tram")
    assert row["link_id"] == ids.sentence_id(row["url"])
    assert reasons(output)["image", "exact_duplicate"] == 1
    assert reasons(output)["image", "not_in_crawl"] == 2
    alone = parse_folder(crawl, ".html", scratch)
    assert "linked_images" not in alone.tables
    assert reasons(alone)["image", "not_in_crawl"] == 4


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zip", "a.parquet", "a.zip"])
def test_other_formats_are_read_from_storage_too(tmp_path: Path, scratch: Path, name: str) -> None:
    (tmp_path / "crawl").mkdir()
    if name == "a.parquet":
        write_obelics(tmp_path / "crawl", [obelics_row(0)])
    elif name == "a.zip":
        write_zip(tmp_path / "crawl" / name, {"a.html": b"<p>The tram climbs the hill.</p>"})
    else:
        data = packed(mmc4_line(), name.removeprefix("a.jsonl"))
        (tmp_path / "crawl" / name).write_bytes(data)
    output = parse_folder(tmp_path / "crawl", name[1:], scratch)
    assert output.tables["documents"].num_rows == 1
    assert output.tables["sentences"].num_rows


def test_an_html_folder_is_a_crawl_too(tmp_path: Path, scratch: Path) -> None:
    write_tiny_html_folder(tmp_path / "crawl")
    output = parse_folder(tmp_path / "crawl", ".html", scratch)
    assert output.tables["images"].num_rows and output.tables["sentences"].num_rows
    assert not any("://" in url for url in output.tables["images"]["url"].to_pylist())


PAGE = "<html><head>{head}</head><body><p>{text}</p>{images}</body></html>"


def _page(folder: Path, name: str, text: str = "", images: str = "", head: str = "") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(PAGE.format(head=head, text=text, images=images))


def reasons(output: Output) -> Counter[tuple[str, str]]:
    return Counter((item.kind, item.reason.code) for item in output.dropped)


def test_progress_is_that_of_the_bytes_of_the_shard(tmp_path: Path, scratch: Path) -> None:
    said: list[tuple[int, int]] = []
    for number in range(4):
        _page(tmp_path / "crawl", f"{number}.html", text="A tower stands by the sea." * 10)
    inputs = FakeInputs(sources={"crawl": FolderCrawl(tmp_path / "crawl", ".html")})
    noted = context(scratch, progress=lambda done, total, unit: said.append((done, total)))
    parse.run(inputs, parse.Config(), noted)
    assert [done / total for done, total in said] == [0.0, 0.25, 0.5, 0.75]


def test_repeats_missing_images_and_opted_out_pages_have_reasons(
    tmp_path: Path, scratch: Path
) -> None:
    crawl = tmp_path / "crawl"
    twice = "The old red tram climbs the steep hill slowly."
    _page(crawl, "a.html", f"{twice} {twice}", '<img src="gone.png"><img src="empty.png">')
    (crawl / "empty.png").write_bytes(b"")
    _page(crawl, "b.html", "Not for you.", head='<meta name="robots" content="noai">')
    output = parse_folder(crawl, ".html", scratch)
    found = reasons(output)
    assert found["sentence", "exact_duplicate"] == 1
    assert found["document", "opt_out"] == 1
    assert found["image", "not_in_crawl"] == found["image", "empty"] == 1
    assert output.tables["sentences"]["text"].to_pylist() == [twice]


@pytest.mark.parametrize("share", [0.2, 0.6, 1.0])
def test_files_that_end_in_the_middle_are_counted(
    tmp_path: Path, scratch: Path, share: float
) -> None:
    first, _ = write_tiny_warc(tmp_path / "crawl")
    data = first.read_bytes()
    first.write_bytes(data[: int(len(data) * share)])
    counts = parse_folder(tmp_path / "crawl", ".warc.gz", scratch).counts
    assert counts["files"] == 2
    assert counts["files_cut"] == (share < 1)
    assert bool(counts["bytes_lost"]) == (share < 1)


def test_what_is_torn_is_counted_in_bytes(tmp_path: Path, scratch: Path) -> None:
    path = write_tiny_warc(tmp_path / "crawl", files=1)[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 9_000] = bytes(9_000)
    path.write_bytes(data)
    counts = parse_folder(tmp_path / "crawl", ".warc.gz", scratch).counts
    assert counts["bytes"] == len(data) and not counts["files_cut"]
    assert 9_000 < counts["bytes_lost"] < len(data) // 3


def test_a_setting_decides_on_records_of_a_stale_digest(tmp_path: Path, scratch: Path) -> None:
    path = write_warc(tmp_path / "crawl/a.warc", [Response(f"{HOST}/1", b"<p>The old tram.</p>")])
    path.write_bytes(path.read_bytes().replace(b"old tram", b"red tram"))
    kept = parse_folder(tmp_path / "crawl", ".warc", scratch)
    dropped = parse_folder(tmp_path / "crawl", ".warc", scratch, wrong_digest="drop")
    assert reasons(kept) == reasons(dropped) == {("record", "wrong_digest"): 1}
    assert kept.tables["sentences"]["text"].to_pylist() == ["The red tram."]
    assert not dropped.tables["sentences"].num_rows


def test_every_picture_that_is_lost_has_a_row(tmp_path: Path, scratch: Path) -> None:
    names = ("a.jpg", "gone.png", "empty.png", "large.png", "large2.png", "./a.jpg", "javascript:x")
    shown = "".join(f'<img src="{name}">' for name in (*names, "javascript:y"))
    _page(tmp_path / "crawl", "a.html", "The old red tram climbs.", shown)
    for name, data in (("empty", b""), ("large", bytes(5_000)), ("large2", bytes(5_001))):
        (tmp_path / f"crawl/{name}.png").write_bytes(data)
    (tmp_path / "crawl/a.jpg").write_bytes(picture(1, (32, 32)))
    output = parse_folder(tmp_path / "crawl", ".html", scratch, max_image_bytes=4_000)
    assert reasons(output) == {
        ("image", "not_in_crawl"): 1,
        ("image", "empty"): 1,
        ("image", "oversized_body"): 2,
        ("record", "empty"): 1,
        ("record", "oversized_body"): 2,
        ("record", "repeated_picture"): 1,
        ("record", "unsafe_address"): 2,
    }
    assert output.tables["images"].num_rows == 1


def test_a_picture_that_is_held_and_forbidden_is_not_said_to_be_missing(
    tmp_path: Path, scratch: Path
) -> None:
    opted_out = [("X-Robots-Tag", "noimageai")]
    site = [
        Response(
            f"{HOST}/0.html", b"<p>The old red tram climbs.</p><img src=a.jpg><img src=b.jpg>"
        ),
        Response(f"{HOST}/a.jpg", picture(1), "image/jpeg", headers=opted_out),
    ]
    write_warc(tmp_path / "crawl/a.warc", site)
    found = reasons(parse_folder(tmp_path / "crawl", ".warc", scratch))
    assert found["image", "unusable_picture"] == found["image", "not_in_crawl"] == 1


def test_a_picture_beside_pages_that_none_shows_has_a_row(tmp_path: Path, scratch: Path) -> None:
    folder = tmp_path / "crawl"
    _page(folder, "a.html", "A page.", "<img src=shown.jpg>")
    (folder / "shown.jpg").write_bytes(picture(1))
    (folder / "idle.jpg").write_bytes(picture(2))
    (folder / "style.css").write_bytes(b"p {}")
    output = parse_folder(folder, ".html", scratch)
    dropped = [(item.reason.code, item.id) for item in output.dropped]
    assert dropped == [("not_shown", "idle.jpg:0")]


def test_endless_sentences_are_dropped(tmp_path: Path, scratch: Path) -> None:
    _page(tmp_path / "crawl", "a.html", "word " * 1000 + ". A small brown dog runs home.")
    output = parse_folder(tmp_path / "crawl", ".html", scratch)
    assert reasons(output)["sentence", "too_many_characters"] == 1
    assert output.tables["sentences"].num_rows == 1


def test_a_file_that_is_no_warc_is_a_permanent_failure(tmp_path: Path, scratch: Path) -> None:
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / "bad.warc.gz").write_bytes(b"this is no archive" * 100)
    with pytest.raises(CorruptCrawlFile, match=r"bad\.warc\.gz"):
        parse_folder(tmp_path / "crawl", ".warc.gz", scratch)


def test_what_the_document_says_goes_with_its_pictures_and_sentences(
    tmp_path: Path, scratch: Path
) -> None:
    crawl = tmp_path / "crawl"
    crawl.mkdir()
    sentences = [f"The tram number {n} climbs the steep hill slowly." for n in range(10)]
    before, after = " ".join(sentences[:5]), " ".join(sentences[5:])
    figure = '<figure><img src="a.png"><figcaption>A red tram.</figcaption></figure>'
    (crawl / "a.html").write_text(
        '<html lang="en-GB"><head><title>Trams\n of the city</title>'
        '<link rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/"></head><body>'
        f"<h1>Trams</h1><p>{before}</p><h2>On the hill</h2>{figure}<p>{after}</p></body></html>"
    )
    (crawl / "a.png").write_bytes(picture(1))
    output = parse_folder(crawl, ".html", scratch)
    [image] = output.tables["images"].to_pylist()
    [document] = output.tables["documents"].to_pylist()
    assert (image["title"], image["heading"]) == ("Trams of the city", "On the hill")
    assert [part["text"] for part in image["context"]] == sentences[2:8]
    assert [part["offset"] for part in image["context"]] == [-3, -2, -1, 1, 2, 3]
    assert image["licence"] == document["licence"] == "CC-BY-SA-4.0"
    assert (document["title"], document["language"]) == ("Trams of the city", "en")
    assert set(output.tables["sentences"]["licence"].to_pylist()) == {"CC-BY-SA-4.0"}


@pytest.mark.parametrize("wanted", [False, True])
def test_a_caption_is_a_sentence_only_where_that_is_asked_for(
    wanted: bool, tmp_path: Path, scratch: Path
) -> None:
    figure = '<figure><img src="a.png"><figcaption>A red tram climbs.</figcaption></figure>'
    _page(tmp_path / "crawl", "a.html", f"<p>It rains in the city.</p>{figure}")
    (tmp_path / "crawl" / "a.png").write_bytes(picture(1))
    output = parse_folder(tmp_path / "crawl", ".html", scratch, caption_sentences=wanted)
    texts = set(output.tables["sentences"]["text"].to_pylist())
    assert texts == {"It rains in the city.", *(["A red tram climbs."] if wanted else [])}
    assert reasons(output)["sentence", "caption"] == (not wanted)
    assert output.tables["images"]["caption"].to_pylist() == ["A red tram climbs."]


def test_a_licence_of_the_picture_comes_before_the_pages(tmp_path: Path, scratch: Path) -> None:
    link = '<a rel=license href="https://creativecommons.org/licenses/by-nd/4.0/">CC</a>'
    figure = f'<figure><img src="a.png">{link}</figure><img src="b.png">'
    own = '<link rel="license" href="https://creativecommons.org/publicdomain/zero/1.0/">'
    _page(tmp_path / "crawl", "a.html", "The tram climbs the hill.", figure, own)
    for number, name in enumerate(("a.png", "b.png")):
        (tmp_path / "crawl" / name).write_bytes(picture(number))
    images = parse_folder(tmp_path / "crawl", ".html", scratch).tables["images"].to_pylist()
    assert {row["url"]: row["licence"] for row in images} == {
        "a.png": "CC-BY-ND-4.0",
        "b.png": "CC0-1.0",
    }


def test_the_day_of_the_crawl_is_that_of_the_record(tmp_path: Path, scratch: Path) -> None:
    write_tiny_warc(tmp_path / "crawl")
    output = parse_folder(tmp_path / "crawl", ".warc.gz", scratch)
    for name in ("documents", "images"):
        assert set(output.tables[name]["crawled"].to_pylist()) == {DATE}


@pytest.mark.parametrize("half", [chr(0xD83D), chr(0xFFFD)])
def test_a_text_that_is_no_unicode_costs_its_sentence(
    tmp_path: Path, scratch: Path, half: str
) -> None:
    texts = [f"The boat {half} sails. The crew waves.", "A dog runs on the wet beach."]
    (tmp_path / "a.jsonl").write_bytes(mmc4_line(text_list=texts) + mmc4_line())
    output = parse_folder(tmp_path, ".jsonl", scratch)
    kept = output.tables["sentences"]["text"].to_pylist()
    assert {"The crew waves.", "A dog runs on the wet beach."} <= set(kept)
    assert not any("boat" in text for text in kept)
    assert output.tables["documents"].num_rows == 2
    assert [item.reason.code for item in output.dropped if item.reason.code == "broken_text"]
    for item in output.dropped:
        f"{item.id} {item.detail}".encode()


@pytest.mark.parametrize("text", ["10⁸ boats sail there.", "Add 1½ cups of milk.", "CO₂ is a gas."])
def test_sentences_are_published_with_their_meaning(
    tmp_path: Path, scratch: Path, text: str
) -> None:
    (tmp_path / "a.jsonl").write_bytes(mmc4_line(text_list=[text]))
    output = parse_folder(tmp_path, ".jsonl", scratch)
    [row] = output.tables["sentences"].to_pylist()
    assert (row["text"], row["sentence_id"]) == (text, ids.sentence_id(text))


LONG = "The old fisherman mends his nets on the quay of the harbour, as he has done for years."


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("The captain&acirc;&euro;&trade;s boat.", "The captain’s boat."),
        ("The captain\u0092s boat.", "The captain’s boat."),
        ("The crew &amp;amp; the boat.", "The crew & the boat."),
        ("The caf&Atilde;&copy; is open.", "The café is open."),
        ("The soft\u00adly zero\u200bwidth boat.", "The softly zerowidth boat."),
    ],
)
def test_pages_and_their_pictures_are_cleaned(
    tmp_path: Path, scratch: Path, written: str, meant: str
) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(picture(1, (200, 200)))
    head = f"<meta charset=utf-8><title>{written}</title>"
    page = f'{head}<p>{written}</p><p>{LONG}</p><img src=a.jpg alt="{written}">'
    (folder / "a.html").write_text(page, "utf-8")
    output = parse_folder(folder, ".html", scratch)
    assert set(output.tables["sentences"]["text"].to_pylist()) == {meant, LONG}
    [image] = output.tables["images"].to_pylist()
    assert (image["alt"], image["title"]) == (meant, meant)
