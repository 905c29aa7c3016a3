"""The same records as crawlers write them: containers, line ends, names, heads, and damage."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import zstandard

SITE = "https://forms.example"
PACKINGS = ("", "gzip", "gzip whole", "zstd", "zstd whole", "zstd dictionary", "zstd packed one")
WHOLE = ("gzip whole", "zstd whole")
SUFFIXES = {"": ".warc", "gzip": ".warc.gz", "gzip whole": ".warc.gz"}

Pieces = list[bytes]


@dataclass(frozen=True)
class Form:
    """How a crawler writes records."""

    packing: str = "gzip"
    line_end: bytes = b"\r\n"
    http_line_end: bytes = b"\r\n"
    version: bytes = b"WARC/1.0"
    spelled: Callable[[bytes], bytes] = bytes
    digest: str = "sha1:base32"
    status: bytes = b"HTTP/1.1 200 OK"

    @property
    def suffix(self) -> str:
        """Name the files as their crawlers do."""
        return SUFFIXES.get(self.packing, ".warc.zst")


@dataclass
class Written:
    """Records of a form: the pieces that make a file, one each but for a dictionary first."""

    form: Form
    before: bytes
    records: Pieces = field(default_factory=list)

    def file(self) -> bytes:
        """Join the pieces."""
        whole = self.before + b"".join(self.records)
        if self.form.packing == "gzip whole":
            return gzip.compress(whole, mtime=0)
        return zstandard.compress(whole) if self.form.packing == "zstd whole" else whole


def texts(count: int) -> list[str]:
    """Sentences, one a page."""
    return [
        f"The keeper of lighthouse number {number} climbs the stairs." for number in range(count)
    ]


def html(text: str) -> bytes:
    """A page of one sentence, with words enough to be worth packing."""
    rng = random.Random(text)
    filler = " ".join(
        rng.choice(("harbour", "tram", "hill", "garden", "river")) for _ in range(300)
    )
    return f"<html><meta charset=utf-8><p>{text}</p><p>{filler}</p></html>".encode()


@dataclass(frozen=True)
class Record:
    """What a server gave."""

    url: str
    media_type: bytes
    body: bytes


def write(form: Form, count: int) -> Written:
    """Write pages in a form."""
    pages = enumerate(texts(count))
    return pack(form, [Record(f"{SITE}/{n}.html", b"text/html", html(text)) for n, text in pages])


def pack(form: Form, records: Sequence[Record]) -> Written:
    """Write records in a form."""
    plain = [_record(form, number, record) for number, record in enumerate(records)]
    if form.packing == "gzip":
        return Written(form, b"", [gzip.compress(record, mtime=0) for record in plain])
    if form.packing == "zstd":
        return Written(form, b"", [zstandard.compress(record) for record in plain])
    if form.packing in ("zstd dictionary", "zstd packed one"):
        return _with_dictionary(form, plain)
    return Written(form, b"", plain)


def _with_dictionary(form: Form, plain: Sequence[bytes]) -> Written:
    samples: list[Any] = [*plain] * 4
    trained = zstandard.train_dictionary(4096, samples)
    packer = zstandard.ZstdCompressor(dict_data=trained)
    data = trained.as_bytes()
    if form.packing == "zstd packed one":
        data = zstandard.compress(data)
    first = struct.pack("<II", 0x184D2A5D, len(data)) + data
    return Written(form, first, [packer.compress(record) for record in plain])


def _record(form: Form, number: int, record: Record) -> bytes:
    label = b"content-TYPE: " + record.media_type
    http = [form.status, label, b"X-Long: folded", b"  over two lines", b"", b""]
    block = form.http_line_end.join(http) + record.body
    fields = [
        (b"WARC-Type", b"response"),
        (b"WARC-Record-ID", b"<urn:uuid:00000000-0000-4000-8000-%012d>" % number),
        (b"WARC-Date", b"2024-01-01T00:00:00Z"),
        (b"WARC-Target-URI", record.url.encode()),
        (b"Content-Type", b"application/http; msgtype=response"),
        (b"Content-Length", b"%d" % len(block)),
    ]
    if form.digest:
        fields.append((b"WARC-Block-Digest", stated(form.digest, block).encode()))
    head = [form.version, *(b"%b: %b" % (form.spelled(name), value) for name, value in fields)]
    return form.line_end.join([*head, b"", b""]) + block + form.line_end * 2


def stated(kind: str, data: bytes) -> str:
    """Write a digest as its kind says, such as sha1:base32."""
    name, _, spelling = kind.partition(":")
    digest = hashlib.new(name, data).digest()
    spelled = digest.hex() if spelling == "base16" else base64.b32encode(digest).decode()
    return f"{name}:{spelled}"


def flip(data: bytes, rng: random.Random) -> bytes:
    """Change some bytes in the middle."""
    start = rng.randrange(len(data) // 3, len(data) - 30)
    return data[:start] + bytes(b ^ 0xFF for b in data[start : start + 20]) + data[start + 20 :]


def tear(data: bytes, rng: random.Random) -> bytes:
    """Lose the end."""
    return data[: rng.randrange(len(data) // 4, len(data) - 20)]


def behead(data: bytes, rng: random.Random) -> bytes:
    """Lose the beginning."""
    return data[rng.randrange(20, len(data) // 2) :]


def replace(data: bytes, rng: random.Random) -> bytes:
    """Have other bytes instead."""
    return rng.randbytes(rng.randrange(1, 4000))


def nothing(data: bytes, rng: random.Random) -> bytes:
    """Have zeros instead."""
    return bytes(len(data))


DAMAGES = (flip, tear, behead, replace, nothing)
