"""Vectors of any pictures or texts with any encoder, for measuring and for other tools."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.ahead import batched
from realsyn_tasks.pictures.pixels import decode

BATCH = 64  # pictures
TEXTS = 4096  # handed over at once: encoders sort them by length
MAX_SIDE = 640  # px, as in embed_images


def vectors_of(
    encoder: Any, pictures: Iterable[Callable[[], Image]], batch_size: int = BATCH
) -> Generator[NDArray[np.float32], None, None]:
    """Give the vectors of pictures that are yet to be decoded, in order, some rows at a time.

    An encoder that decodes ahead does so, in portions of its own.
    """
    ahead = getattr(encoder, "encode_pictures", None)
    if ahead:
        yield from ahead(pictures)
        return
    for batch in batched(pictures, batch_size):
        yield encoder.encode_images([picture() for picture in batch])


def embed_images(encoder: Any, folder: Path) -> NDArray[np.float32]:
    """Embed the files of a folder in order of their names: (n, d) float32 unit rows.

    Raises ConfigError for a file that is not an image, since rows would no longer line up.
    """
    return _stacked(encoder, vectors_of(encoder, read_images(folder)))


def embed_texts(encoder: Any, file: Path) -> NDArray[np.float32]:
    """Embed the lines of a UTF-8 file in their order: (n, d) float32 unit rows."""
    return _stacked(encoder, map(encoder.encode_texts, batched(read_lines(file), TEXTS)))


def read_images(folder: Path) -> Iterator[Callable[[], Image]]:
    """Give the files of a folder in order of their names, to be decoded."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return (partial(_image, path) for path in files)


def read_lines(file: Path) -> list[str]:
    """Read the lines of a UTF-8 file."""
    return file.read_text(encoding="utf-8").splitlines()


def _image(path: Path) -> Image:
    try:
        return decode(path.read_bytes(), MAX_SIDE)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not an image: {error}") from error


def _stacked(encoder: Any, parts: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate([np.zeros((0, encoder.dim), dtype=np.float32), *parts])
