"""Decodes image bytes from the web, safely and always the same way."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile

from realsyn_tasks.pictures.damage import MAX_MISSING, is_whole, mended, missing_rows
from realsyn_tasks.pictures.orientation import orientation, turned
from realsyn_tasks.web.sniffing import picture_type

FORMATS = {  # by media type; the decoders that we trust with hostile bytes
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/avif": "AVIF",
    "image/tiff": "TIFF",
}
# What decoders are known to raise for broken files; MemoryError is not among them.
BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    RuntimeError,
    struct.error,
    zlib.error,
)


def opened(data: bytes) -> ImageFile.ImageFile:
    """Open a picture by what its bytes are, whatever it is called; nothing is decoded yet.

    Raises one of BROKEN for what is no picture, and for one that no browser shows.
    """
    kind = FORMATS.get(picture_type(data))
    if kind is None:
        raise ValueError("no picture of a format that is decoded")
    try:
        return Image.open(io.BytesIO(data), formats=(kind,))
    except BROKEN:
        again = mended(data)
        if kind == "JPEG" or again is None:
            raise
        return Image.open(io.BytesIO(again), formats=(kind,))


def is_plain(data: bytes) -> bool:
    """Say whether any reader sees a picture as browsers show it: upright, whole, of 8 bits."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(FORMATS.values())) as image:
            plain = orientation(image) == 1 and not image.mode.startswith("I")
    except BROKEN:
        return False
    return plain and is_whole(data)


def stated_size(data: bytes) -> tuple[int, int]:
    """Give the width and height, px, that a WebP states, whose decoder makes room at once; else 0.

    Of other formats the decoders read no more than the header when they open a file.
    """
    kind, body = data[12:16], data[20:30]
    if data[:4] != b"RIFF" or len(body) < 10:
        return 0, 0
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", body, 6)
    return (width & 0x3FFF, height & 0x3FFF) if kind == b"VP8 " else (0, 0)


def decode(data: bytes, max_side: int | None = None) -> Image.Image:
    """Decode a picture to RGB as browsers show it, its long side at most `max_side` pixels.

    It stands upright, transparency is white, and a few rows may be missing at the end. Meant for
    pictures that filter_images let through; raises OSError or ValueError for others.
    """
    with opened(data) as image:
        try:
            lying = _small(image, max_side)
        except OSError as error:
            lying = _part(image, data, max_side, error)
        return turned(lying, orientation(image))


def _small(image: Image.Image, max_side: int | None) -> Image.Image:
    if max_side:
        image.draft("RGB", (max_side, max_side))
    flat = on_white(image)
    if max_side and max(flat.size) > max_side:
        flat.thumbnail((max_side, max_side), Image.Resampling.BICUBIC)
    return flat


def _part(
    image: ImageFile.ImageFile, data: bytes, max_side: int | None, error: OSError
) -> Image.Image:
    """Take what could be decoded of a picture that is cut; raises the error if much is missing."""
    is_jpeg = image.format in ("JPEG", "MPO")
    if is_jpeg:
        with Image.open(io.BytesIO(mended(data) or data), formats=("JPEG",)) as again:
            part = _small(again, max_side)
    elif image.format in ("PNG", "GIF", "BMP") and image.info.get("interlace") != 1:
        image.tile = []  # the rows that were decoded are there, the others are of one colour
        part = _small(image, max_side)
    else:
        raise error
    if missing_rows(part, at_end=is_jpeg) > MAX_MISSING:
        raise error
    return part


def on_white(image: Image.Image) -> Image.Image:
    """Composite an image on white, as RGB."""
    if image.mode.startswith("I"):
        return _eight_bits(image).convert("RGB")
    if image.mode in ("RGB", "L", "CMYK", "YCbCr") and "transparency" not in image.info:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Take the upper half of 16-bit greys; Pillow's own conversion clips all above 255 to white."""
    grey = np.asarray(image).astype(np.int64).clip(0, 0xFFFF) >> 8
    return Image.fromarray(grey.astype(np.uint8))


@contextmanager
def pixel_limit(max_pixels: int) -> Iterator[None]:
    """Tell Pillow, too, what is too large: some of its decoders unpack while opening."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, max_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def read_at(tar: BinaryIO, offset: int, length: int) -> bytes:
    """Read an image's bytes out of its shard's tar; EOFError if they are not all there."""
    tar.seek(offset)
    data = tar.read(length)
    if len(data) != length:
        raise EOFError(f"wanted {length} bytes at {offset}, found {len(data)}")
    return data
