"""Pages and their pictures written as WARC files whose bytes depend on nothing but the pages."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from realsyn_tasks.sample_crawl.plan import CRAWL_DATE
from realsyn_tasks.sample_crawl.site import Page

if TYPE_CHECKING:
    from warcio.warcwriter import WARCWriter

SOFTWARE = "realsyn_tasks.sample_crawl"
_HTTP_DATE = "Mon, 01 Jan 2024 00:00:00 GMT"


def deal(pages: Iterable[Page], files: int) -> list[list[Page]]:
    """Pages dealt to files of about equal work, each file's pages in the order of their addresses.

    Work is counted in sentences (words / 15) and three times pictures, as a pipeline feels it.
    """
    hands: list[list[Page]] = [[] for _ in range(files)]
    loads = [0.0] * files
    for page in sorted(pages, key=lambda p: (-_work(p), p.url)):
        least = loads.index(min(loads))
        hands[least].append(page)
        loads[least] += _work(page)
    return [sorted(hand, key=lambda page: page.url) for hand in hands if hand]


def write(path: Path, pages: Iterable[Page]) -> None:
    """One WARC file: every page is followed by its pictures; a picture is stored once per file."""
    from warcio.warcwriter import WARCWriter

    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        _write_info(writer, path.name)
        seen: set[str] = set()
        for page in pages:
            _write_response(writer, page.url, "text/html; charset=utf-8", page.body)
            for picture in page.pictures:
                if picture.url not in seen:
                    seen.add(picture.url)
                    data = picture.path.read_bytes()
                    _write_response(writer, picture.url, picture.media_type, data)


def _work(page: Page) -> float:
    return page.words / 15 + 3 * len(page.pictures)


def _write_info(writer: WARCWriter, name: str) -> None:
    lines = (f"software: {SOFTWARE}", "format: WARC File Format 1.0", "conformsTo: ISO 28500:2009")
    payload = "".join(f"{line}\r\n" for line in lines).encode()
    record = writer.create_warc_record(
        "",
        "warcinfo",
        payload=io.BytesIO(payload),
        warc_content_type="application/warc-fields",
        warc_headers_dict=_headers(name, payload, {"WARC-Filename": name}),
    )
    writer.write_record(record)


def _write_response(writer: WARCWriter, url: str, content_type: str, body: bytes) -> None:
    from warcio.statusandheaders import StatusAndHeaders

    http_headers = [
        ("Date", _HTTP_DATE),
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
    ]
    record = writer.create_warc_record(
        url,
        "response",
        payload=io.BytesIO(body),
        http_headers=StatusAndHeaders("200 OK", http_headers, protocol="HTTP/1.1"),
        warc_headers_dict=_headers(url, body, {}),
    )
    writer.write_record(record)


def _headers(name: str, body: bytes, more: dict[str, str]) -> dict[str, str]:
    identity = uuid5(NAMESPACE_URL, f"{name} {hashlib.sha256(body).hexdigest()}")
    return {"WARC-Date": CRAWL_DATE, "WARC-Record-ID": f"<urn:uuid:{identity}>", **more}
