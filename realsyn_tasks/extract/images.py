"""What an image is worth, told from its bytes alone (paper §3.1).

The bytes come from the web: only decoders named here are tried, the size is read from the header
before a pixel is decoded, and whatever a decoder may raise becomes a reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from PIL import Image, ImageStat

from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.extract import reasons
from realsyn_tasks.pictures.orientation import upright_size
from realsyn_tasks.pictures.pixels import BROKEN, FORMATS, decode, opened, stated_size
from realsyn_tasks.web.reasons import EMPTY
from realsyn_tasks.web.sniffing import page_type, picture_type

SHOWN = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP")  # formats that browsers show
STRUCTURE = 16  # cells a side, of which each has one colour
PREVIEW = 256  # px; long side at which blank images are told from others and hashes are made


@dataclass(frozen=True)
class Header:
    """What an image says of itself before it is decoded."""

    width: int  # px
    height: int  # px
    format: str
    animated: bool


def read_header(data: bytes, formats: tuple[str, ...], max_pixels: int) -> Header:
    """Read size and format without decoding; raises Refused with one of BROKEN_IMAGE.

    The format is what the bytes are, whatever the file is called; the size is that of the picture
    as it is shown, upright.
    """
    if not data:
        raise Refused(EMPTY)
    kind = picture_type(data)
    if FORMATS.get(kind) not in formats:
        raise Refused(reasons.UNSUPPORTED_FORMAT, kind or _no_picture(data))
    _check_pixels(stated_size(data), max_pixels)
    try:
        with opened(data) as image:
            _check_pixels(image.size, max_pixels)
            animated = kind != "image/jpeg" and bool(getattr(image, "is_animated", False))
            return Header(*upright_size(image), FORMATS[kind], animated)
    except Image.DecompressionBombError as error:
        raise Refused(reasons.TOO_MANY_PIXELS, str(error)) from error
    except BROKEN as error:
        raise Refused(reasons.UNDECODABLE, _describe(error)) from error


def _no_picture(data: bytes) -> str:
    kind = page_type(data, "")
    return f"begins with {data[:8]!r}" if kind in ("", "application/octet-stream") else kind


def preview(data: bytes, side: int = PREVIEW) -> Image.Image:
    """Decode all of an image to a small RGB picture; raises Refused."""
    try:
        return decode(data, side)
    except BROKEN as error:
        raise Refused(reasons.UNDECODABLE, _describe(error)) from error


def structure(picture: Image.Image) -> float:
    """Give the largest standard deviation of a channel, of 0..255, when noise is averaged out."""
    cells = picture.resize((STRUCTURE, STRUCTURE), Image.Resampling.BOX)
    return deviation(cells)


def deviation(picture: Image.Image) -> float:
    """Give the largest standard deviation of the three channels, of 0..255; 0 is one colour."""
    return float(max(ImageStat.Stat(picture).stddev))


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise Refused(reasons.TOO_MANY_PIXELS, f"{width}x{height} px")


def _describe(error: BaseException) -> str:
    """Name an error without the memory addresses that Pillow puts in: they change every run."""
    return re.sub(r" at 0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")[:200]
