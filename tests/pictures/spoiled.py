"""Files of pictures as the web has them: turned, cut, with wrong checksums or too much beside."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

# How EXIF's orientations lay a picture that is upright.
LAID = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
PNG = b"\x89PNG\r\n\x1a\n"


def upright(width: int = 160, height: int = 120) -> Image.Image:
    """Blobs of colours: every turn of it is another picture."""
    small = np.random.default_rng(9).integers(30, 220, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def exif(orientation: int, order: str = ">", before: int = 0) -> bytes:
    """A block of EXIF with an orientation behind so many other entries."""
    mark = {">": b"MM\0*", "<": b"II*\0"}[order]
    entries = [struct.pack(f"{order}HHII", 0x0100, 4, 1, 7)] * before
    entries.append(struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0))
    head = mark + struct.pack(f"{order}IH", 8, len(entries))
    return b"Exif\0\0" + head + b"".join(entries) + b"\0\0\0\0"


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def laid(orientation: int, kind: str, order: str = ">", before: int = 0) -> bytes:
    """A file that shows `upright` by its EXIF."""
    image = upright()
    lying = image.transpose(LAID[orientation]) if orientation in LAID else image
    data = encoded(lying, kind, exif=exif(orientation, order, before), quality=95)
    if kind == "JPEG":  # Pillow turns AVIF's own way and leaves the others
        assert exif(orientation, order, before) in data
    return data


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Names and bodies of a PNG's chunks."""
    parts, place = [], len(PNG)
    while place < len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        parts.append((name, data[place + 8 : place + 8 + size]))
        place += 12 + size
    return parts


def png(parts: list[tuple[bytes, bytes]], wrong: tuple[bytes, ...] = ()) -> bytes:
    """A PNG of chunks; those that are named have wrong checksums."""
    made = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        if name not in wrong
        else struct.pack(">I", len(body)) + name + body + b"\1\2\3\4"
        for name, body in parts
    ]
    return PNG + b"".join(made)


def with_chunk(data: bytes, name: bytes, body: bytes, wrong: bool = False) -> bytes:
    """A PNG with one more chunk before its pixels."""
    head, *rest = chunks(data)
    return png([head, (name, body), *rest], (name,) if wrong else ())


def spoiled(data: bytes) -> dict[str, bytes]:
    """PNG files that browsers show."""
    text = zlib.compress(b"x" * (3 << 20))
    return {
        "wrong checksum of text": with_chunk(data, b"tEXt", b"a\0b", wrong=True),
        "wrong checksum of a time": with_chunk(data, b"tIME", b"\7\xe8\1\1\1\1\1", wrong=True),
        "large compressed text": with_chunk(data, b"zTXt", b"a\0\0" + text),
        "large international text": with_chunk(data, b"iTXt", b"a\0\1\0\0\0" + text),
        "broken profile": with_chunk(data, b"iCCP", b"a\0\0broken"),
        "large profile": with_chunk(data, b"iCCP", b"a\0\0" + text),
        "unknown chunk": with_chunk(data, b"quUX", b"abc", wrong=True),
        "no end": data[:-12],
        "half an end": data[:-5],
        "more behind": data + b"<!-- served by -->" * 50,
        "wrong checksum of pixels": png(chunks(data), wrong=(b"IDAT",)),
        "cut": data[: -len(data) // 30],
    }
