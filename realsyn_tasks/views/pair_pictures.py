"""Pictures of pairs for pages: read where they lie, decoded within bounds, encoded anew."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from PIL import Image

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.recent import Recent
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.pinned import STAGE
from realsyn_tasks.pictures import thumbnails
from realsyn_tasks.pictures.pixels import BROKEN, decode, opened, read_at, stated_size
from realsyn_tasks.views.answer import Picture, Unknown

SIZES = (320, 1024)  # px, of the long side
MOST_PIXELS = 100_000_000  # of a picture that is decoded
LARGEST = 768 << 10  # bytes of a picture that somebody searches by
SIDE = 640  # px, that an encoder is given of it
_SMALL: Recent[bytes] = Recent(3000)  # some 15 kB each
_PLACES: Recent[dict[str, tuple[str, int, int]]] = Recent(32)


def thumbnail(key: tuple[Any, ...], size: int, read: Callable[[], bytes]) -> Picture:
    """Give a picture at one of SIZES; Unknown where there is none that can be shown."""
    side = SIZES[0] if size <= SIZES[0] else SIZES[1]
    small = _SMALL.of((*key, side), lambda: _small(read(), side))
    return Picture(small, thumbnails.MEDIA_TYPE)


def _small(data: bytes, side: int) -> bytes:
    try:
        require_bounds(data)
        return thumbnails.thumbnail(data, side)
    except BROKEN as error:
        raise Unknown(f"this picture cannot be shown: {error}") from None


def require_bounds(data: bytes) -> None:
    """Raise one of BROKEN for what is no picture, or states more than MOST_PIXELS."""
    width, height = stated_size(data)
    if not width * height:
        with opened(data) as image:
            width, height = image.size
    if width * height > MOST_PIXELS:
        raise ValueError(f"{width} x {height} pixels are more than {MOST_PIXELS}")


def bounded(data: bytes, side: int) -> Image.Image:
    """Decode a picture that states no more than MOST_PIXELS; raises one of BROKEN for others."""
    require_bounds(data)
    return decode(data, side)


def sent(picture: str) -> Image.Image:
    """Decode a picture that a browser sent in base64; ConfigError for what is none."""
    if len(picture) > LARGEST * 4 // 3:
        raise ConfigError(f"that picture has more than {LARGEST} bytes: send a smaller one")
    try:
        return bounded(base64.b64decode(picture, validate=True), SIDE)
    except BROKEN as error:
        raise ConfigError(f"that is no picture that can be read: {error}") from None


def of_corpus(run: Workspace, shard: int, image: str) -> bytes:
    """Read the picture of an image of a build's corpus; Unknown where there is none."""
    commits = run.sources[STAGE].commits()
    if not 0 <= shard < len(commits):
        raise Unknown(f"the corpus of {run.config.name} has no shard {shard}")
    ref = commits[shard].objects["images"]
    places = _PLACES.of((run.storage.uri, ref.path), lambda: _places(run, shard))
    if image not in places:
        raise Unknown(f"shard {shard} of the corpus has no image {image}")
    path, offset, length = places[image]
    with run.storage.open(path) as pixels:
        return read_at(pixels, offset, length)


def _places(run: Workspace, shard: int) -> dict[str, tuple[str, int, int]]:
    """Give where the pictures of a shard lie, without those that were taken down."""
    source = run.sources[STAGE]
    commit, gone = source.commits()[shard], source.hidden_ids(shard, "images")
    names = ["image_id", "offset", "length"]
    places: dict[str, tuple[str, int, int]] = {}
    for piece in arrow_files.pieces(run.storage, commit.objects["images"], names):
        path = commit.objects["pixels"].path
        rows = zip(*(piece[name].to_pylist() for name in names), strict=True)
        places |= {name: (path, start, size) for name, start, size in rows if name not in gone}
    return places
