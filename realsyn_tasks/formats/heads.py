"""The beginnings of files, by which formats know their own whatever a file is called.

A head costs one bounded read, and unpacking it costs no more memory than that.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from realsyn_tasks.formats.frames import DICTIONARY, GZIP, ZSTD, Frames

HEAD_BYTES = 64 << 10
ZIP = b"PK\x03\x04"
_ENTRY = struct.Struct("<4s2xHH8xI4xHH")  # a zip member's header: flags, method, size, lengths
_SIZE_FOLLOWS = 0x8
_STORED, _DEFLATED = 0, 8


@dataclass(frozen=True)
class Head:
    """How a file begins.

    `packing` is "gzip", "zstd", "zip" or "". `data` is at most HEAD_BYTES: of the file, of what is
    packed, or of the first member of a zip that is no folder. `names` are those of a zip's first
    members.
    """

    packing: str
    data: bytes
    names: tuple[str, ...] = ()

    @property
    def line(self) -> bytes:
        """The first line that is not blank, or as much of it as the head holds."""
        return self.data.lstrip().partition(b"\n")[0]


def head_of(stream: BinaryIO) -> Head:
    """Read the head of a file from where its stream stands."""
    data = stream.read(HEAD_BYTES)
    if data.startswith(GZIP):
        return Head("gzip", _inflated(data, 31))
    if data.startswith((ZSTD, DICTIONARY)):
        return Head("zstd", _beginning(data))
    if not data.startswith(ZIP):
        return Head("", data)
    members = list(_members(data))
    contents = [content for name, content in members if not name.endswith("/")]
    return Head("zip", contents[0] if contents else b"", tuple(name for name, _ in members))


def _beginning(data: bytes) -> bytes:
    """Unpack the beginning of zstd; nothing where its library is not installed, or it is broken."""
    try:
        frames = Frames(io.BytesIO(data))
        return frames.beginning(frames.skippable(0), HEAD_BYTES)
    except ImportError:  # the control plane has none: there the names have to do
        return b""


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and beginnings of the members that begin in a zip's first bytes."""
    place = 0
    while place + _ENTRY.size <= len(data):
        mark, flags, method, size, name, extra = _ENTRY.unpack_from(data, place)
        if mark != ZIP:
            return
        start = place + _ENTRY.size
        label = data[start : start + name].decode("utf-8", "replace")
        start += name + extra
        whole = data[start:] if flags & _SIZE_FOLLOWS else data[start : start + size]
        yield label, _member(whole, method)
        if flags & _SIZE_FOLLOWS:
            return
        place = start + size


def _member(packed: bytes, method: int) -> bytes:
    if method == _STORED:
        return packed
    return _inflated(packed, -15) if method == _DEFLATED else b""


def _inflated(packed: bytes, window_bits: int) -> bytes:
    """Unpack a beginning as far as it goes; nothing of what is no such stream."""
    try:
        return zlib.decompressobj(window_bits).decompress(packed, HEAD_BYTES)
    except zlib.error:
        return b""
