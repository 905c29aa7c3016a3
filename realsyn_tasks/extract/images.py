"""What an image is worth, told from its bytes alone (paper §3.1).

The bytes come from the web: only decoders named here are tried, the size is read from the header
before a pixel is decoded, and whatever a decoder may raise becomes a reason.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageStat

from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.extract import reasons
from realsyn_tasks.pictures.orientation import upright_size
from realsyn_tasks.pictures.pixels import BROKEN, FORMATS, decode, opened, stated_size
from realsyn_tasks.web.reasons import EMPTY
from realsyn_tasks.web.sniffing import page_type, picture_type

CELLS = 8  # a side of the grid on which marks are looked for
MARK = 32  # of 0..255; a pixel that differs so much from the background is a mark
PREVIEW = 256  # px; long side at which blank images are told from others and hashes are made


def holder(inputs: Inputs) -> str:
    """Name the stage that has all images and pixels of the crawl: fetch where it runs."""
    return "fetch" if inputs.has("fetch") else "parse"


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


def deviation(picture: Image.Image) -> float:
    """Give the largest standard deviation of the three channels, of 0..255; 0 is one colour."""
    return float(max(ImageStat.Stat(picture).stddev))


@dataclass(frozen=True)
class Background:
    """What most of a picture is."""

    share: float  # of the inner pixels, told apart in 32 steps a channel; 0..1
    noise: float  # largest standard deviation of a channel within it; a camera's is never 0
    drawn: float  # share of the inner cells of a grid that have marks on it; 0..1


def background(picture: Image.Image) -> Background:
    """Look at the commonest colour of a picture and at what stands on it.

    The outermost cells do not count: a frame is no drawing.
    """
    pixels = np.asarray(picture, dtype=np.int16)
    steps = pixels >> 3
    colours = (steps[..., 0] << 10) | (steps[..., 1] << 5) | steps[..., 2]
    ground = colours == np.bincount(colours.ravel()).argmax()
    marks = np.abs(pixels - np.median(pixels[ground], axis=0)).max(axis=2) >= MARK
    return Background(
        share=float(ground[_inner(len(ground)), _inner(ground.shape[1])].mean()),
        noise=float(pixels[ground].std(axis=0).max()),
        drawn=_drawn(marks),
    )


def _inner(side: int) -> slice:
    return slice(side // CELLS, side - side // CELLS)


def _drawn(marks: NDArray[np.bool_]) -> float:
    rows, columns = (np.linspace(0, side, CELLS + 1).astype(int)[1:-1] for side in marks.shape)
    cells = [
        marks[top:bottom, left:right].any()
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    ]
    return float(np.mean(cells))


@contextmanager
def pixel_limit(max_pixels: int) -> Iterator[None]:
    """Tell Pillow, too, what is too large: some of its decoders unpack while opening."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, max_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise Refused(reasons.TOO_MANY_PIXELS, f"{width}x{height} px")


def _describe(error: BaseException) -> str:
    """Name an error without the memory addresses that Pillow puts in: they change every run."""
    return re.sub(r" at 0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")[:200]
