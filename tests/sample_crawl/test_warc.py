"""WARC files of the sample crawl."""

from __future__ import annotations

from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from realsyn_tasks.formats import Document, ImageNode, read
from realsyn_tasks.formats.folder import list_folder
from realsyn_tasks.sample_crawl import plan, warc
from realsyn_tasks.sample_crawl.site import Page, Picture
from tests.crawls import picture


def make_pages(folder: Path, count: int, images: int = 2) -> list[Page]:
    folder.mkdir(exist_ok=True)
    pages = []
    for number in range(count):
        pictures = []
        for seed in range(images):
            path = folder / f"{number}-{seed}.jpg"
            path.write_bytes(picture(number * images + seed))
            pictures.append(Picture(f"https://a.example/{path.name}", path))
        shown = "".join(f"<img src={item.url}>" for item in pictures)
        body = f"<p>Page {number}.</p>{shown}".encode()
        url = f"https://a.example/{number:02d}.html"
        pages.append(Page(url, body, tuple(pictures), 10 * number, "demo"))
    return pages


def test_pages_are_dealt_evenly_and_completely(tmp_path: Path) -> None:
    pages = make_pages(tmp_path, 30)
    hands = warc.deal(pages, 4)
    assert sorted(page.url for hand in hands for page in hand) == [page.url for page in pages]
    loads = [sum(page.words / 15 + 6 for page in hand) for hand in hands]
    assert max(loads) - min(loads) < 20
    assert all(hand == sorted(hand, key=lambda page: page.url) for hand in hands)
    assert warc.deal(reversed(pages), 4) == hands
    assert len(warc.deal(pages[:2], 4)) == 2


def test_bytes_depend_on_nothing_but_the_pages(tmp_path: Path) -> None:
    pages = make_pages(tmp_path / "pages", 3)
    warc.write(tmp_path / "a.warc.gz", pages)
    (tmp_path / "other").mkdir()
    again = make_pages(tmp_path / "copies", 3)
    warc.write(tmp_path / "other" / "a.warc.gz", again)
    assert (tmp_path / "a.warc.gz").read_bytes() == (tmp_path / "other/a.warc.gz").read_bytes()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    pages = make_pages(tmp_path / "pages", 3)
    out = tmp_path / "out"
    out.mkdir()
    warc.write(out / "a.warc.gz", [*pages, pages[0]])
    documents = list(read("warc", list_folder(out), lambda _: None))
    assert all(isinstance(document, Document) for document in documents)
    images = [n.data for d in documents for n in d.nodes if isinstance(n, ImageNode)]
    assert set(images) == {picture(seed) for seed in range(6)}


def test_records_are_valid_and_identified_by_content(tmp_path: Path) -> None:
    warc.write(tmp_path / "a.warc.gz", make_pages(tmp_path / "pages", 3))
    with (tmp_path / "a.warc.gz").open("rb") as stream:
        iterator = ArchiveIterator(stream, check_digests="raise")
        headers = []
        for record in iterator:
            record.content_stream().read()
            headers.append(record.rec_headers)
    assert headers[0].get_header("WARC-Type") == "warcinfo"
    assert {h.get_header("WARC-Type") for h in headers[1:]} == {"response"}
    assert {h.get_header("WARC-Date") for h in headers} == {plan.CRAWL_DATE}
    ids = [h.get_header("WARC-Record-ID") for h in headers]
    assert len(set(ids)) == len(ids) == 10
