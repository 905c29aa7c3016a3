"""Decodes image bytes from the web, safely and always the same way."""

from __future__ import annotations

import io
from typing import BinaryIO

import numpy as np
from PIL import Image

FORMATS = (
    "JPEG",
    "PNG",
    "WEBP",
    "GIF",
    "BMP",
    "TIFF",
)  # decoders that we trust with hostile bytes


def decode(data: bytes, max_side: int | None = None) -> Image.Image:
    """Decode an image to RGB, transparency on white, its long side at most `max_side` pixels.

    Meant for images that filter_images let through; raises OSError or ValueError for others.
    """
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if max_side:
            image.draft("RGB", (max_side, max_side))
        flat = on_white(image)
    if max_side and max(flat.size) > max_side:
        flat.thumbnail((max_side, max_side), Image.Resampling.BICUBIC)
    return flat


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


def read_at(tar: BinaryIO, offset: int, length: int) -> bytes:
    """Read an image's bytes out of its shard's tar; EOFError if they are not all there."""
    tar.seek(offset)
    data = tar.read(length)
    if len(data) != length:
        raise EOFError(f"wanted {length} bytes at {offset}, found {len(data)}")
    return data
