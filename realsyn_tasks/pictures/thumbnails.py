"""Small pictures to look at, encoded anew: no byte of the web's files is in them."""

from __future__ import annotations

import io

from realsyn_tasks.pictures.pixels import decode

SUFFIX, MEDIA_TYPE = "webp", "image/webp"
QUALITY = 75
METHOD = 2  # of WebP's encoder: 4 makes it 4 % smaller in twice the time


def thumbnail(data: bytes, side: int) -> bytes:
    """Give an image as WebP whose long side has at most `side` pixels; smaller ones keep theirs.

    Raises OSError or ValueError for what cannot be decoded.
    """
    out = io.BytesIO()
    decode(data, side).save(out, "WEBP", quality=QUALITY, method=METHOD)
    return out.getvalue()
