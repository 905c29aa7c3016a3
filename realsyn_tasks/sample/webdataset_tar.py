"""One pair as the members of a WebDataset tar, in the layout of the paper's own release.

`{key}.jpg`, `.png` or `.webp`; `{key}.txt` with text1; `{key}.json` with all columns of the table
under their names. Loaders that convert to RGB blindly see random colours where a picture is
transparent, and lying what a camera noted to be upright, so such pictures are stored anew as the
encoder and the tagger saw them; those that need no change keep the bytes that the crawl had.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from PIL import Image

from realsyn_tasks.pictures.pixels import decode, is_plain, opened

SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}  # what training loaders look for


@dataclass(frozen=True)
class Picture:
    """An encoded image that training loaders read as it was meant."""

    data: bytes
    suffix: str
    width: int
    height: int
    converted: bool  # not the bytes that the crawl had

    @cached_property
    def sha256(self) -> str:
        """Digest the bytes in hex, once: table and tar both tell it."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def md5(self) -> str:
        """Digest the bytes as lists of known pictures do, in hex."""
        return hashlib.md5(self.data, usedforsecurity=False).hexdigest()


def picture(data: bytes) -> Picture:
    """Take image bytes as they are if loaders read them right, else as PNG as browsers show it."""
    with opened(data) as image:
        suffix = SUFFIXES.get("JPEG" if image.format == "MPO" else image.format or "")
        if suffix and is_plain(data) and not _transparent(image):
            return Picture(data, suffix, image.width, image.height, converted=False)
    flat, out = decode(data), io.BytesIO()
    flat.save(out, "PNG")
    return Picture(out.getvalue(), "png", flat.width, flat.height, converted=True)


def _transparent(image: Image.Image) -> bool:
    if "A" in image.getbands() or "transparency" in image.info:
        opacities = image.convert("RGBA").getchannel("A").histogram()
        return any(opacities[:255])
    return False


def members(row: Mapping[str, Any], image: Picture) -> list[tuple[str, bytes]]:
    """Give the names and bytes of a pair's members."""
    key = row["key"]
    return [
        (f"{key}.{image.suffix}", image.data),
        (f"{key}.json", _metadata(row, image)),
        (f"{key}.txt", row["text1"].encode()),
    ]


def _metadata(row: Mapping[str, Any], image: Picture) -> bytes:
    """Give the row as the table has it, and the address under img2dataset's name, too.

    `caption` is what the page says, as in the table; the text to train on is `text1`.
    """
    content = {"url": row["raw_image_url"], **row}
    content |= {"width": image.width, "height": image.height, "sha256": image.sha256}
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
