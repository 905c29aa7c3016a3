"""Vectors of any pictures or texts with any encoder, for measuring and for other tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.pictures.pixels import decode

BATCH = 64
MAX_SIDE = 640  # px, as in embed_images


def embed_images(encoder: Any, folder: Path) -> np.ndarray:
    """Embed the files of a folder in order of their names: (n, d) float32 unit rows.

    Raises ConfigError for a file that is not an image, since rows would no longer line up.
    """
    return _stack(encoder, encoder.encode_images, read_images(folder))


def embed_texts(encoder: Any, file: Path) -> np.ndarray:
    """Embed the lines of a UTF-8 file in their order: (n, d) float32 unit rows."""
    return _stack(encoder, encoder.encode_texts, read_lines(file))


def read_images(folder: Path) -> Iterator[Any]:
    """Decode the files of a folder in order of their names."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return (_image(path) for path in files)


def read_lines(file: Path) -> list[str]:
    """Read the lines of a UTF-8 file."""
    return file.read_text(encoding="utf-8").splitlines()


def _image(path: Path) -> Any:
    try:
        return decode(path.read_bytes(), MAX_SIDE)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not an image: {error}") from error


def _stack(encoder: Any, encode: Any, items: Iterable[Any]) -> np.ndarray:
    parts = [np.zeros((0, encoder.dim), dtype=np.float32)]
    parts += [encode(batch) for batch in _batches(items)]
    return np.concatenate(parts)


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
