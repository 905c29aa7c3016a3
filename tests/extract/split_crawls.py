"""WARC crawls whose pages show pictures that stand in other files, made record by record."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.crawls import DATE, picture

HOST = "pictures.example"


@dataclass(frozen=True)
class Record:
    """A record of a WARC file, without its id."""

    kind: str
    url: str
    block: bytes
    fields: dict[str, str] = field(default_factory=dict)


def response(url: str, body: bytes, media_type: str = "image/jpeg", more: str = "") -> Record:
    """An answer of status 200 with the digest of what it holds."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n{more}\r\n".encode()
    return Record("response", url, head + body, {"WARC-Payload-Digest": payload_digest(body)})


def moved(url: str, target: str, status: int = 301) -> Record:
    """An answer that sends who asks elsewhere."""
    return Record(
        "response", url, f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\n\r\n".encode()
    )


def revisit(url: str, **fields: str) -> Record:
    """An answer that had been stored before."""
    return Record("revisit", url, b"", {k.replace("_", "-"): v for k, v in fields.items()})


def page(number: int, pictures: Iterable[str], more: str = "") -> Record:
    """A page of a few sentences that shows pictures."""
    shown = "".join(f'<img src="{url}" alt="Picture of {url}">' for url in pictures)
    shown += more
    text = " ".join(f"Tram {number} climbs the steep hill {n} times a day." for n in range(3))
    html = f"<!doctype html><title>Page {number}</title><p>{text}</p>{shown}"
    return response(f"https://{HOST}/page-{number}", html.encode(), "text/html")


def payload_digest(body: bytes) -> str:
    return f"sha1:{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"


def write(path: Path, records: Sequence[Record]) -> Path:
    """Write a WARC file, each record gzipped by itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(gzip.compress(_stored(record), mtime=0) for record in records))
    return path


def _stored(record: Record) -> bytes:
    fields = {
        "WARC-Type": record.kind,
        "WARC-Target-URI": record.url,
        "WARC-Date": DATE,
        "WARC-Record-ID": f"<urn:uuid:{hashlib.md5(record.url.encode()).hexdigest()}>",
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(record.block)),
        **record.fields,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"WARC/1.1\r\n{head}\r\n".encode() + record.block + b"\r\n\r\n"


def write_shuffled(folder: Path, records: Sequence[Record], files: int, seed: int) -> None:
    """Deal records in any order over files, of which each holds one at least."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(records))
    bounds = np.sort(random.choice(np.arange(1, len(records)), files - 1, replace=False))
    for number, part in enumerate(np.split(order, bounds)):
        write(folder / f"{number:02d}.warc.gz", [records[place] for place in part])


def linked_site(pages: int = 8) -> list[Record]:
    """Pages whose pictures are reached in every way there is, one of its own for each."""
    records, seed = [], 0
    for number in range(pages):
        shown = []
        for way in range(WAYS):
            url = f"https://{HOST}/{number}/{way}.jpg"
            shown.append(url)
            records += _reached(way, url, picture(seed := seed + 1))
        shown += [f"https://{HOST}/{number}/{name}" for name in ("gone.jpg", "lost.jpg")]
        records.append(moved(shown[-1], "/nowhere.jpg"))
        records.append(page(number, shown))
    return records


WAYS = 8


def _reached(way: int, url: str, data: bytes) -> list[Record]:
    """Records by which a page that shows an address has its picture."""
    other, third = f"{url}?other", url.replace("https://", "http://cdn.")
    ways = [
        [response(url, data)],
        [response(url.replace("https:", "http:"), data)],
        [moved(url, "?other"), response(other, data)],
        [moved(url, third, 302), moved(third, other, 307), response(other, data)],
        [revisit(url, WARC_Payload_Digest=payload_digest(data)), response(other, data)],
        [revisit(url, WARC_Refers_To_Target_URI=other), response(other, data)],
        [
            moved(url, third),
            revisit(third, WARC_Refers_To_Target_URI=other),
            moved(other, f"{url}?4"),
            revisit(f"{url}?4", WARC_Payload_Digest=payload_digest(data)),
            response(f"{url}?5", data),
        ],
        [
            response(url, b"<!doctype html><p>This page was not found.", "text/html"),
            moved(url, other),
            response(other, data),
        ],
    ]
    return ways[way]
