"""Which way up a picture is shown: what its camera noted in EXIF, as browsers read it."""

from __future__ import annotations

import struct

from PIL import Image

_TAG = 0x0112
_SHORT = 3
_MAX_ENTRIES = 500
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation(image: Image.Image) -> int:
    """Give the EXIF orientation of an opened picture, 1..8; 1 where there is none to be read.

    What XMP says does not count: browsers do not read it.
    """
    exif = image.info.get("exif")
    try:
        noted = _noted(exif.removeprefix(b"Exif\0\0")) if isinstance(exif, bytes) else 1
    except struct.error:
        return 1
    return noted if noted in _TURNS else 1


def turned(image: Image.Image, noted: int) -> Image.Image:
    """Turn a picture as its EXIF orientation asks for."""
    return image.transpose(_TURNS[noted]) if noted in _TURNS else image


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Give the width and height, px, that an opened picture is shown with."""
    return (image.height, image.width) if orientation(image) >= 5 else image.size


def _noted(tiff: bytes) -> int:
    """Read the orientation of a block of EXIF; raises struct.error for one that is cut."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for number in range(min(count, _MAX_ENTRIES)):
        entry = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * number)
        if entry[:3] == (_TAG, _SHORT, 1):
            return int(entry[3])
    return 1
