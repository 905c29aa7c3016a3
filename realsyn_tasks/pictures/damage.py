"""Files of pictures that are damaged where it does not matter, made readable.

Browsers show a picture whose last bytes are missing, or a PNG with wrong checksums or too much
text beside its pixels; the decoders that we use refuse them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

MAX_MISSING = 1 / 8  # of the rows of a picture that is still shown
_EVEN = 2  # of 0..255; how far colours of rows that were filled in may be apart
_LOST = 1 / 50  # of the bytes of a WebP
_PNG = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"acTL", b"IDAT", b"IEND")


def mended(data: bytes) -> bytes | None:
    """Give a file that decoders take in the place of one that they refused; None if there is none.

    A JPEG gets the end that it lacks, a WebP zeros in the place of a few last bytes; a PNG keeps
    its pixels and what decides how they look.
    """
    if data.startswith(b"\xff\xd8"):
        return data + b"\xff\xd9"
    if data.startswith(_PNG):
        chunks = [_chunk(name, body) for name, body in _chunks(data) if name in _KEPT[:-1]]
        return _PNG + b"".join(chunks) + _chunk(b"IEND", b"")
    stated = int.from_bytes(data[4:8], "little") + 8
    if data.startswith(b"RIFF") and stated * (1 - _LOST) <= len(data) < stated:
        return data + b"\0" * (stated - len(data))
    return None


def is_whole(data: bytes) -> bool:
    """Say whether a JPEG or PNG file has its end, as far as can be told without decoding it."""
    if data.startswith(b"\xff\xd8"):
        return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    return not data.startswith(_PNG) or b"IEND" in data[-4096:]


def missing_rows(picture: Image.Image, at_end: bool) -> float:
    """Give the share of a picture's rows that are of one colour each, as if filled in.

    `at_end` counts only those at its end, as a JPEG's are.
    """
    rows = np.asarray(picture, dtype=np.int16)
    even = (rows.max(axis=1) - rows.min(axis=1)).max(axis=1) <= _EVEN
    if not at_end:
        return float(even.mean())
    ends = np.flatnonzero(~even)
    return 1.0 - (int(ends[-1]) + 1) / len(rows) if len(ends) else 1.0


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give names and bodies of the chunks of a PNG, the last one as far as it goes."""
    place = len(_PNG)
    while place + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        yield name, data[place + 8 : place + 8 + size]
        if name == b"IEND":
            return
        place += 12 + size


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
