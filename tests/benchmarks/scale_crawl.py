"""Writes the crawls of the suite `scale`: WARC files of pages with pictures among prose.

A file is a shard. Files are kept in a pool that crawls of every size take theirs from, by hard
links, as a small crawl is the beginning of a large one.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.benchmarks.scale_planted import (
    PICTURES_PER_PAGE,
    TEXTS_PER_PICTURE,
    Planted,
    Spelling,
    picture,
)

PAGES_PER_SITE = 50
TEXTS_PER_PARAGRAPH = 4
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
REFUSED = "https://creativecommons.org/licenses/by-nd/4.0/"
REFUSED_EVERY = 20  # pages
DATE = b"2024-01-01T00:00:00Z"
VERSION = "1"  # of what is written; another one needs another pool


def crawl(folder: Path, planted: Planted, pictures: int, per_shard: int) -> Path:
    """Give the folder of a crawl of so many pictures, written unless it is there."""
    kind = f"{round(planted.copies * 100)}-{planted.seed}-{per_shard}-v{VERSION}"
    pool, crawled = folder / f"pool-{kind}", folder / f"crawl-{pictures}-{kind}"
    for path in (pool, crawled):
        path.mkdir(parents=True, exist_ok=True)
    for shard, start in enumerate(range(0, pictures, per_shard)):
        count = min(per_shard, pictures - start)
        part = pool / f"part-{shard:05d}-{count}.warc"
        if not part.exists():
            write_shard(part, planted, start, count)
        link = crawled / f"part-{shard:05d}.warc"
        if not link.exists():
            os.link(part, link)
    return crawled


def write_shard(path: Path, planted: Planted, start: int, count: int) -> None:
    """Write the pages of so many pictures from one on; whole pages, so a multiple of ten."""
    if start % PICTURES_PER_PAGE or count % PICTURES_PER_PAGE:
        raise ValueError(f"{start} and {count} are no multiples of {PICTURES_PER_PAGE}")
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as out:
        for record in _records(planted, start, count):
            out.write(record)
    unfinished.rename(path)


def _records(planted: Planted, start: int, count: int) -> Iterator[bytes]:
    files, prose = _pictures(planted, start, count), _prose(planted, start, count)
    spelling = Spelling()
    for place in range(0, count, PICTURES_PER_PAGE):
        page = (start + place) // PICTURES_PER_PAGE
        site = f"https://site-{page // PAGES_PER_SITE:06d}.example"
        numbers = range(start + place, start + place + PICTURES_PER_PAGE)
        texts = prose[place * TEXTS_PER_PICTURE : (place + PICTURES_PER_PAGE) * TEXTS_PER_PICTURE]
        html = _page(page, [spelling.caption(number) for number in numbers], texts)
        yield _record(f"{site}/page-{page:08d}.html", "text/html; charset=utf-8", html.encode())
        for number, data in zip(numbers, files[place : place + PICTURES_PER_PAGE], strict=True):
            yield _record(f"{site}/page-{page:08d}/{number % 10}.png", "image/png", data)


def _pictures(planted: Planted, start: int, count: int) -> list[bytes]:
    items, numbers = planted.pictures, np.arange(start, start + count)
    shown = items.shown(numbers)
    roots = items.roots(shown)
    bits = items.bits(roots, 10)
    places = zip(shown.tolist(), roots.tolist(), range(count), strict=True)
    return [picture(number, root, bits[place]) for number, root, place in places]


def _prose(planted: Planted, start: int, count: int) -> list[str]:
    items, spelling = planted.texts, Spelling()
    numbers = np.arange(start * TEXTS_PER_PICTURE, (start + count) * TEXTS_PER_PICTURE)
    shown = items.shown(numbers)
    columns = (shown, items.roots(shown), items.respelled(numbers))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [spelling.sentence(*row) for row in rows]


def _page(number: int, captions: list[str], texts: list[str]) -> str:
    """A page: a picture, a paragraph, and so on; every second picture has a caption."""
    parts = []
    for place, caption in enumerate(captions):
        said = f"<figcaption>{caption}</figcaption>" if place % 2 == 0 else ""
        source = f"page-{number:08d}/{place}.png"
        parts.append(f'<figure><img src="{source}" alt="{caption}">{said}</figure>')
        first = place * TEXTS_PER_PARAGRAPH
        parts.append(f"<p>{' '.join(texts[first : first + TEXTS_PER_PARAGRAPH])}</p>")
    licence = LICENCE if number % REFUSED_EVERY else REFUSED
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>Evening {number}</title>"
        f'<link rel="license" href="{licence}"></head><body><h1>Evening {number}</h1>\n'
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _record(url: str, media_type: str, body: bytes) -> bytes:
    http = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    head = (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:%s>\r\nWARC-Date: %s\r\n"
        b"WARC-Target-URI: %s\r\nContent-Type: application/http; msgtype=response\r\n"
        b"Content-Length: %d\r\n\r\n"
    ) % (_uuid(url), DATE, url.encode(), len(http) + len(body))
    return head + http + body + b"\r\n\r\n"


def _uuid(url: str) -> bytes:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, url)).encode()
