"""Small pictures for the report, encoded anew: no byte from the web goes into a page."""

from __future__ import annotations

import base64
import io

from realsyn_tasks.pictures.pixels import decode

SIDE = 224  # pixels, at most
QUALITY = 72


def thumbnail(data: bytes, side: int = SIDE) -> str:
    """Give an image as a small JPEG data URI; empty for one that cannot be decoded."""
    try:
        image = decode(data, side)
    except (OSError, ValueError):
        return ""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"
