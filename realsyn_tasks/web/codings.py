"""Bodies out of what they were packed in for the way: gzip, deflate, br, zstd and chunks.

One decoder for what a crawl holds and for what is fetched, as lenient as browsers are: checksums
and trailing bytes don't count, bytes that are of another known coding than their label says are
unpacked as what they are, and a body that was stored unpacked under its old label is taken as it
is. What was cut or breaks in the middle keeps what comes out before.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.web.reasons import DECOMPRESSION_BOMB, OVERSIZED_BODY, UNDECODABLE_BODY
from realsyn_tasks.web.sniffing import is_text, picture_type

MAX_CODINGS = 6  # one inside the other
_SLICE = 64  # bytes fed at once to a decoder that loses a whole call's work where it breaks
_WINDOW = 8 << 20  # bytes that zstd may look back: more is not for the web (RFC 9659)
_OVERHEAD = 64 << 10  # bytes by which a packed body may be longer than what is in it
_GZIP = b"\x1f\x8b"
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
_CHUNK = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")


@dataclass(frozen=True)
class Decoded:
    """A body as it was meant. `cut` says that this is only its beginning."""

    data: bytes
    cut: bool = False


class _Broken(Exception):
    """The bytes are not of the coding that they were taken for."""


def decoded(body: bytes, codings: str, cap: int, beginning: bool = False) -> Decoded:
    """Unpack a body. `codings` are those of its label, in the order in which they were applied.

    Content codings come before transfer codings. Codings that nobody knows are passed over, as in
    browsers. Raises Refused for more than `cap` bytes (with `beginning`, these are given, cut), for
    more than MAX_CODINGS, and where nothing comes out.
    """
    names = _names(codings)
    if len(names) > MAX_CODINGS:
        raise Refused(UNDECODABLE_BODY, f"in {len(names)} codings")
    cut = False
    for name in reversed(names):
        step = _unpacked(body, name, cap if name == names[0] else cap + _OVERHEAD)
        body, cut = step.data, cut or step.cut
    if len(body) > cap and not beginning:
        raise Refused(DECOMPRESSION_BOMB if names else OVERSIZED_BODY, f"more than {cap} bytes")
    return Decoded(body[:cap], cut or len(body) > cap)


class Decoder:
    """Takes a body piece by piece and unpacks it at its end.

    Packed bytes are kept until then, which are never many more than `cap`; with `beginning`, the
    first `cap` bytes of the body are enough.
    """

    def __init__(self, codings: str, cap: int, beginning: bool = False) -> None:
        self._codings = codings
        self._cap = cap
        self._beginning = beginning
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> bool:
        """Take the next piece; say whether more is of use. Raises Refused for too many bytes."""
        self._parts.append(piece)
        self._size += len(piece)
        bound = self._cap + (_OVERHEAD if _names(self._codings) else 0)
        if self._size > bound and not self._beginning:
            raise Refused(OVERSIZED_BODY, f"more than {self._cap} bytes")
        return self._size <= bound

    def finish(self) -> Decoded:
        """Give the body; raises Refused as `decoded` does."""
        return decoded(b"".join(self._parts), self._codings, self._cap, self._beginning)


def _names(codings: str) -> list[str]:
    names = [name.strip().lower().removeprefix("x-") for name in codings.split(",")]
    return [name for name in names if name in ("gzip", "deflate", "br", "zstd", "chunked")]


def _unpacked(body: bytes, name: str, cap: int) -> Decoded:
    """Undo one coding; what cannot be unpacked is taken as it is if it looks like a body."""
    if not body:
        return Decoded(b"")
    try:
        return _machine(body, name)(body, cap)
    except _Broken as problem:
        if name == "chunked" or _is_plain(body):
            return Decoded(body)
        raise Refused(UNDECODABLE_BODY, f"{name}: {problem}"[:120]) from problem


def _machine(body: bytes, name: str) -> Callable[[bytes, int], Decoded]:
    """Choose by the first bytes, then by the label."""
    if name == "chunked":
        return _joined
    if body.startswith(_GZIP):
        return _gunzipped
    if _ZSTD.match(body):
        return _unzstd
    return {"deflate": _inflated, "br": _unbrotli}.get(name, _not_packed)


def _not_packed(body: bytes, cap: int) -> Decoded:
    raise _Broken("not packed so")


def _joined(body: bytes, cap: int) -> Decoded:
    """Join chunks. Where the next should start and none does, the rest is lost."""
    parts: list[bytes] = []
    position = 0
    while head := _CHUNK.match(body, position):
        size = int(head[1], 16)
        if not size:
            return Decoded(b"".join(parts))
        part = body[head.end() : head.end() + size]
        parts.append(part)
        position = head.end() + size
        if len(part) < size:
            break
        position += 2 if body.startswith(b"\r\n", position) else body.startswith(b"\n", position)
    if not parts:
        raise _Broken("no chunk")
    return Decoded(b"".join(parts), cut=True)


def _gunzipped(body: bytes, cap: int) -> Decoded:
    """All members of a gzip file; bytes after a member that are none count for nothing."""
    parts: list[bytes] = []
    size = 0
    start: int | None = 0
    while start is not None and size <= cap:
        data, end = _inflate(body, _after_header(body, start), cap - size)
        parts.append(data)
        size += len(data)
        if not end:
            if not size:
                raise _Broken("nothing comes out")
            return Decoded(b"".join(parts), cut=True)
        start = end + 8 if body.startswith(b"\x1f\x8b\x08", end + 8) else None
    return Decoded(b"".join(parts))


def _after_header(body: bytes, start: int) -> int:
    """Where a gzip member's data begin; raises _Broken."""
    try:
        method, flags = struct.unpack_from("<BB", body, start + 2)
        position = start + 10
        if flags & 4:
            position += 2 + struct.unpack_from("<H", body, position)[0]
        for flag in (8, 16):  # a name and a comment
            if flags & flag:
                position = body.index(b"\0", position) + 1
    except (struct.error, ValueError) as error:
        raise _Broken("the header is cut") from error
    if method != 8:
        raise _Broken(f"gzip of method {method}")
    return position + (2 if flags & 2 else 0)


def _inflated(body: bytes, cap: int) -> Decoded:
    """The coding deflate, with the header of zlib or, as some servers send it, without."""
    wrapped = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    data, end = _inflate(body, 2, cap) if wrapped else (b"", 0)
    if not data and not end:
        data, end = _inflate(body, 0, cap)
    if not end and (not data or _is_plain(body)):
        raise _Broken("no deflate")
    return Decoded(data, cut=not end)


def _inflate(body: bytes, start: int, cap: int) -> tuple[bytes, int]:
    """The bytes of a deflate stream, at most one more than `cap`, and where it ends.

    The end is 0 where the stream does not come to it.
    """
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    parts: list[bytes] = []
    size, position, step = 0, start, 1 << 10
    try:
        while position < len(body) and size <= cap and not machine.eof:
            parts.append(machine.decompress(body[position : position + step], cap + 1 - size))
            size += len(parts[-1])
            position = min(position + step, len(body))
            step *= 2  # small at first, since what follows the end is copied each time
    except zlib.error:
        return _before_error(body[start:], cap), 0
    if machine.eof:
        return b"".join(parts), position - len(machine.unused_data)
    return b"".join(parts), len(body) if size > cap else 0


def _before_error(packed: bytes, cap: int) -> bytes:
    """What comes out of a stream until it breaks, nearly to the byte."""
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    parts: list[bytes] = []
    size = 0
    with suppress(zlib.error):
        for at in range(0, len(packed), _SLICE):
            rest = packed[at : at + _SLICE]
            while rest and size <= cap:
                parts.append(machine.decompress(rest, _SLICE))
                rest = machine.unconsumed_tail
                size += len(parts[-1])
    return b"".join(parts)


def _unbrotli(body: bytes, cap: int) -> Decoded:
    import brotli

    try:
        data, finished = _brotli_pieces(body, len(body), cap)
    except brotli.error:
        finished = False
    if not finished:  # what a call of the library has unpacked may be lost with its error
        data, finished = _brotli_pieces(body, _SLICE, cap, until_broken=True)
    if not finished and (not data or _is_plain(body)):
        raise _Broken("nothing comes out")
    return Decoded(data, cut=not finished)


def _brotli_pieces(
    body: bytes, step: int, cap: int, until_broken: bool = False
) -> tuple[bytes, bool]:
    """What brotli makes of a body that it gets in pieces, and whether it came to its end."""
    import brotli

    machine = brotli.Decompressor()
    parts: list[bytes] = []
    size = 0
    try:
        for at in range(0, len(body), step):
            parts.append(machine.process(body[at : at + step], output_buffer_limit=cap + 1))
            size += len(parts[-1])
            while size <= cap and not machine.can_accept_more_data():
                parts.append(machine.process(b"", output_buffer_limit=cap + 1))
                size += len(parts[-1])
            if size > cap or machine.is_finished():
                return b"".join(parts), True
    except brotli.error:
        if not until_broken:
            raise
    return b"".join(parts), False


def _unzstd(body: bytes, cap: int) -> Decoded:
    """All frames; bytes after a frame that are none count for nothing.

    A block comes out whole or not at all, so a torn body may lose up to 128 kB.
    """
    parts: list[bytes] = []
    size, position = 0, 0
    finished = True
    while size <= cap and _ZSTD.match(body, position):
        data, position, finished = _zstd_frame(body, position, cap - size)
        parts.append(data)
        size += len(data)
        if not finished:
            break
    if not size and not finished:
        raise _Broken("nothing comes out")
    return Decoded(b"".join(parts)[: cap + 1], cut=not finished and size <= cap)


def _zstd_frame(body: bytes, start: int, cap: int) -> tuple[bytes, int, bool]:
    """One frame's bytes, where the next one may start, and whether it came to its end."""
    from zstandard import ZstdDecompressor, ZstdError

    machine = ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
    parts: list[bytes] = []
    size, position = 0, start
    with suppress(ZstdError):
        while position < len(body) and size <= cap and not machine.eof:
            # Some bytes can give megabytes, and there is no bound to ask for.
            parts.append(machine.decompress(body[position : position + _SLICE]))
            size += len(parts[-1])
            position = min(position + _SLICE, len(body))
    return b"".join(parts), position - len(machine.unused_data), machine.eof


def _is_plain(body: bytes) -> bool:
    """Whether a body could be one that is not packed."""
    return is_text(body) or bool(picture_type(body))
