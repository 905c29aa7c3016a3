"""What the sample crawl is made of: pages with the pictures they show."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image

from realsyn_tasks.sample_crawl.plan import MAX_ASPECT, MIN_SIDE


@dataclass(frozen=True)
class Picture:
    """An image file under the address that its page uses."""

    url: str
    path: Path

    @property
    def media_type(self) -> str:
        return mimetypes.guess_type(self.path.name)[0] or "application/octet-stream"

    @cached_property
    def is_usable(self) -> bool:
        """Large enough and not too long, by its header."""
        try:
            with Image.open(self.path) as image:
                short, long = sorted(image.size)
        except (OSError, Image.DecompressionBombError):
            return False
        return short >= MIN_SIDE and long <= MAX_ASPECT * short

    @property
    def is_photo(self) -> bool:
        return self.media_type == "image/jpeg"


@dataclass(frozen=True)
class Page:
    """An HTML page as a server would send it; `source` is the Debian package it is from."""

    url: str
    body: bytes
    pictures: tuple[Picture, ...]
    words: int
    source: str

    @cached_property
    def usable(self) -> int:
        return sum(picture.is_usable for picture in self.pictures)

    @cached_property
    def photos(self) -> int:
        return sum(picture.is_usable and picture.is_photo for picture in self.pictures)
