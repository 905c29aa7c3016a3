"""HTTP responses out of a WARC file that may be damaged anywhere.

A record that cannot be read becomes a BadRecord, and reading goes on at the next place in the file
where a record starts, so that one torn gzip member or one wrong length costs one record.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

from realsyn_tasks.core.reasons import Reason, Refused
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import BadRecord, CorruptCrawlFile, Limits
from realsyn_tasks.web.addresses import join
from realsyn_tasks.web.reasons import (
    DECOMPRESSION_BOMB,
    MALFORMED_HTTP,
    OVERSIZED_BODY,
    UNDECODABLE_BODY,
)

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

_START = re.compile(rb"\x1f\x8b\x08|WARC/1\.[01]\r?\n")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?)?)?")
_REDIRECTS = (301, 302, 303, 307, 308)
_DIGESTS = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
_CHUNK = 1 << 20
_PEEK = 4 << 10
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")


@dataclass(frozen=True)
class Response:
    """A response as the server sent it, its body decoded. `headers` have lower-case names."""

    offset: int
    url: str
    status: int
    media_type: str
    charset: str
    headers: dict[str, str]
    cut: bool  # the crawler stored only the beginning
    body: bytes
    date: str = ""  # of the capture, ISO 8601
    digest: str = ""  # of the payload as the crawler states it, algorithm:hex; "" if it doesn't

    @property
    def is_image(self) -> bool:
        unlabelled = self.media_type in ("", "application/octet-stream", "binary/octet-stream")
        return self.media_type.startswith("image/") or (
            unlabelled and self.body.startswith(_IMAGE_STARTS)
        )


@dataclass(frozen=True)
class Revisit:
    """An address that gave what had been stored before: under `original`, or with that digest.

    `original` is `url` itself where no other is named; `digest` is as that of a response, "" if
    none is stated.
    """

    offset: int
    url: str
    original: str
    digest: str = ""


@dataclass(frozen=True)
class Moved:
    """An address that leads to another one: `target` is absolute, as the server's Location says."""

    offset: int
    url: str
    target: str
    status: int = 301


Item = Response | Revisit | Moved | BadRecord


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class _Unreadable(Refused):
    """Why one record gives no response; `torn` if its end cannot be trusted either."""

    def __init__(self, reason: Reason, detail: str = "", torn: bool = False) -> None:
        super().__init__(reason, detail)
        self.torn = torn


@dataclass(frozen=True)
class _Damage:
    """Where the walk over records ended early, after how many; "" as detail if already told."""

    offset: int
    records: int
    detail: str = ""


def responses(stream: BinaryIO, path: str, limits: Limits, start: int = 0) -> Iterator[Item]:
    """All responses, redirects and revisits from byte `start` on.

    Raises CorruptCrawlFile if there is no record at all.
    """
    position = _next_start(stream, start)
    if position is None:
        raise CorruptCrawlFile(path, "holds no WARC record")
    held = None
    if position > start:
        held = BadRecord(path, start, reasons.MALFORMED_RECORD, "no record")
    for _ in range(limits.broken_frames):
        damage = yield from _until_damage(stream, path, position, limits)
        if held and (damage is None or damage.records):
            yield held
        if damage is None:
            return
        # Damage right at the start of a record is that record's; what was held is the same damage.
        held = None
        if damage.detail:
            held = BadRecord(path, damage.offset, reasons.MALFORMED_RECORD, damage.detail)
        following = _next_start(stream, damage.offset + 1)
        if following is None:
            break
        position = following
    else:
        raise CorruptCrawlFile(path, f"more than {limits.broken_frames} unreadable records")
    if held:
        yield held


def _until_damage(
    stream: BinaryIO, path: str, position: int, limits: Limits
) -> Generator[Item, None, _Damage | None]:
    """Responses from a record's start on, until the end (None) or the first damage."""
    from fastwarc.warc import ArchiveIterator

    stream.seek(position)
    last, count = position, 0
    try:
        for record in ArchiveIterator(stream, parse_http=False):
            if count and record.stream_pos <= last:
                raise CorruptCrawlFile(path, "is one gzip stream; gzip every record by itself")
            last, count = record.stream_pos, count + 1
            try:
                response = _response(record, limits)
            except _Unreadable as problem:
                yield BadRecord(path, last, problem.verdict.reason, problem.verdict.detail)
                if problem.torn:
                    return _Damage(last, count)
            else:
                if response is not None:
                    yield response
    except OSError as error:
        return _Damage(last, count, _first_line(error))
    return None


def _response(record: WarcRecord, limits: Limits) -> Response | Revisit | Moved | None:
    """The response in a record; None for records that are no answer to a web request."""
    kind = _header(record, "WARC-Type").lower()
    url = _header(record, "WARC-Target-URI").strip("<> ")
    known = kind in ("response", "resource", "revisit")
    if not known or not url.lower().startswith(("http:", "https:")):
        return None
    digest = payload_digest(_header(record, "WARC-Payload-Digest"))
    if kind == "revisit":
        original = _header(record, "WARC-Refers-To-Target-URI").strip("<> ")
        return Revisit(record.stream_pos, url, original or url, digest)
    block = _block(record, limits)
    cut = "WARC-Truncated" in record.headers
    date = _date(_header(record, "WARC-Date"))
    if kind == "resource":
        label = _header(record, "Content-Type")
        media_type, charset = _content_type(label)
        body = _capped(block, _cap(media_type, limits), encoded=False)
        return Response(
            record.stream_pos, url, 200, media_type, charset, {}, cut, body, date, digest
        )
    response = _http_response(record.stream_pos, url, cut, block, limits)
    return _moved(response) or replace(response, date=date, digest=digest)


def _moved(response: Response) -> Moved | None:
    """Where a response sends who asks, if it does and anybody would go there."""
    location = response.headers.get("location", "")
    target = join(response.url, location) if response.status in _REDIRECTS and location else ""
    return Moved(response.offset, response.url, target, response.status) if target else None


def payload_digest(label: str) -> str:
    """Give a digest in its one spelling, algorithm:hex; "" if it is none of those known."""
    name, _, value = label.strip().partition(":")
    name = name.strip().lower().replace("-", "")
    size = _DIGESTS.get(name)
    return f"{name}:{hexadecimal}" if size and (hexadecimal := _hex(value.strip(), size)) else ""


def _hex(value: str, size: int) -> str:
    """Give the digest of `size` bytes that is written in base16, base32 or base64, in hex."""
    bare = value.rstrip("=")
    for length, decode in (
        (size * 2, bytes.fromhex),
        (-(-size * 8 // 5), _base32),
        (-(-size * 4 // 3), _base64),
    ):
        if len(bare) == length:
            with suppress(ValueError):
                return decode(bare).hex()
    return ""


def _base32(value: str) -> bytes:
    return base64.b32decode(value.upper() + "=" * (-len(value) % 8))


def _base64(value: str) -> bytes:
    return base64.urlsafe_b64decode(value.replace("+", "-").replace("/", "_") + "==")


def _date(label: str) -> str:
    return label if _DATE.fullmatch(label) else ""


def _header(record: WarcRecord, name: str) -> str:
    return record.headers.get(name) or ""


def _block(record: WarcRecord, limits: Limits) -> bytes:
    size = record.content_length
    if size > limits.record_bytes:
        raise _Unreadable(reasons.OVERSIZED_RECORD, f"{size} bytes", torn=True)
    block = _read(record.reader, size)
    if len(block) < size:
        raise _Unreadable(reasons.TRUNCATED_RECORD, f"{len(block)} of {size} bytes", torn=True)
    if not _digest_fits(_header(record, "WARC-Block-Digest"), block):
        detail = "the bytes are not the ones the crawler saw"
        raise _Unreadable(reasons.WRONG_DIGEST, detail, torn=True)
    return block


def _http_response(offset: int, url: str, cut: bool, block: bytes, limits: Limits) -> Response:
    parsed = _parse(block, "none")
    status = parsed.http_headers.status_code if parsed.http_headers else None
    if status is None:
        raise _Unreadable(MALFORMED_HTTP, _first_line(block[:80].decode("latin-1")))
    headers: dict[str, str] = {}
    for name, value in parsed.http_headers.to_tuples():
        key = name.strip().lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    media_type, charset = _content_type(headers.get("content-type", ""))
    body = b""
    if status == 200:
        body = _body(block, headers, _cap(media_type, limits))
    return Response(offset, url, status, media_type, charset, headers, cut, body)


def _body(block: bytes, headers: dict[str, str], cap: int) -> bytes:
    encoded = bool(headers.get("content-encoding") or headers.get("transfer-encoding"))
    try:
        body = _read(_parse(block, "all").reader, cap + 1)
    except OSError as error:
        # Crawlers often store bodies decoded and leave the server's headers as they were.
        body = _read(_parse(block, "none").reader, cap + 1)
        if not body.lstrip()[:16].startswith((b"<", *_IMAGE_STARTS)):
            raise _Unreadable(UNDECODABLE_BODY, _first_line(error)) from None
    return _capped(body, cap, encoded)


def _parse(block: bytes, decode: Literal["none", "all"]) -> WarcRecord:
    from fastwarc.warc import WarcRecord

    record = WarcRecord()
    record.set_bytes_content(block)
    record.is_http = True
    try:
        record.parse_http(auto_decode=decode)
    except OSError as error:
        if decode == "all":
            raise
        raise _Unreadable(MALFORMED_HTTP, _first_line(error)) from None
    return record


def _cap(media_type: str, limits: Limits) -> int:
    return limits.page_bytes if "html" in media_type else limits.image_bytes


def _capped(body: bytes, cap: int, encoded: bool) -> bytes:
    if len(body) > cap:
        reason = DECOMPRESSION_BOMB if encoded else OVERSIZED_BODY
        raise _Unreadable(reason, f"more than {cap} bytes")
    return body


def _read(reader: _Readable, size: int) -> bytes:
    parts = []
    while size > 0 and (part := reader.read(min(size, _CHUNK))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _content_type(label: str) -> tuple[str, str]:
    media_type, _, parameters = label.partition(";")
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", parameters, re.I)
    return media_type.strip().lower(), charset[1] if charset else ""


def _digest_fits(label: str, block: bytes) -> bool:
    """True unless a digest is given, is of a kind we know, and differs."""
    stated = payload_digest(label)
    name, _, value = stated.partition(":")
    return not stated or hashlib.new(name, block, usedforsecurity=False).hexdigest() == value


def _next_start(stream: BinaryIO, start: int) -> int | None:
    """The first byte at or after `start` where a WARC record begins; None if none does."""
    stream.seek(start)
    window, offset = b"", start
    while chunk := stream.read(_CHUNK):
        window += chunk
        for match in _START.finditer(window):
            if _is_start(stream, offset + match.start(), match[0]):
                return offset + match.start()
        stream.seek(offset + len(window))
        offset += len(window) - 16
        window = window[-16:]
    return None


def _is_start(stream: BinaryIO, position: int, beginning: bytes) -> bool:
    if not beginning.startswith(b"\x1f"):
        return True
    stream.seek(position)
    try:
        return zlib.decompressobj(31).decompress(stream.read(_PEEK), 16).startswith(b"WARC/1.")
    except zlib.error:
        return False


def _first_line(problem: object) -> str:
    return " ".join(str(problem).split())[:120]
