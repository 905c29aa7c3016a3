"""Small pictures for pages, as data URIs: encoded anew, no byte from the web goes into a page."""

from __future__ import annotations

import base64

from realsyn_tasks.pictures import thumbnails

SIDE = 224  # pixels, at most


def thumbnail(data: bytes, side: int = SIDE) -> str:
    """Give an image as a small data URI; empty for one that cannot be decoded."""
    try:
        small = thumbnails.thumbnail(data, side)
    except (OSError, ValueError):
        return ""
    return f"data:{thumbnails.MEDIA_TYPE};base64,{base64.b64encode(small).decode()}"
