"""Keeps what models are evaluated on out of what they are trained on.

The operator names the sets: folders of images, files of captions, or vectors made with
`realsyn embed`. Each process reads a set once. Of images, it then takes about 0.01 s each to hash,
and as long as the encoder needs to embed; vectors cost nothing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import normalise_text
from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.extract.images import preview
from realsyn_tasks.extract.operator_files import OperatorFile
from realsyn_tasks.models.embed import vectors_of
from realsyn_tasks.pictures.phash import perceptual_hash
from realsyn_tasks.pictures.pixels import BROKEN, decode
from realsyn_tasks.text.sameness import text_key

Sets = tuple[OperatorFile, ...]
ROWS = 1024  # vectors compared at once
_CAPTIONS = ("caption", "text", "captions", "texts")


def nearest_hash(value: int, sets: Sets) -> int:
    """Count the bits of 64 in which a perceptual hash differs from the nearest one of the sets."""
    hashes = _hashes(sets)
    return int(np.bitwise_count(hashes ^ np.uint64(value)).min()) if len(hashes) else 64


def caption_keys(sets: Sets) -> frozenset[str]:
    """Give the letters and digits of all captions of the sets, digested."""
    return _caption_keys(sets) if sets else frozenset()


def caption_key(text: str) -> str:
    """Digest the letters and digits of a text, without case."""
    return text_key(normalise_text(text))


def nearest_cosines(
    vectors: NDArray[np.float32], sets: Sets, encoder: Any, max_side: int
) -> NDArray[np.float32]:
    """Give each of (n, d) unit rows its highest cosine with an image of the sets; -1 for none."""
    cosines = np.full(len(vectors), -1.0, dtype=np.float32)
    known = _vectors(sets, encoder, max_side)
    for start in range(0, len(vectors) if len(known) else 0, ROWS):
        cosines[start : start + ROWS] = (vectors[start : start + ROWS] @ known.T).max(axis=1)
    return cosines


@lru_cache(maxsize=4)
def _hashes(sets: Sets) -> NDArray[np.uint64]:
    values = []
    for file in sets:
        for path, data in file.read():
            try:
                values.append(perceptual_hash(preview(data)))
            except (Refused, *BROKEN) as error:
                raise _not_an_image(file, path, error) from error
    return np.array(values, dtype=np.uint64)


@lru_cache(maxsize=4)
def _caption_keys(sets: Sets) -> frozenset[str]:
    return frozenset(
        caption_key(text)
        for file in sets
        for path, data in file.read()
        for text in _captions(f"{file.uri}, {path}", path, data)
    )


def _captions(where: str, path: str, data: bytes) -> Iterator[str]:
    """Read .txt files by line, .jsonl files by the texts of their objects; others hold none."""
    if not path.endswith((".txt", ".jsonl")):
        return
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        if path.endswith(".txt"):
            texts = [line]
        else:
            texts = _texts_of(f"{where}, line {number}", line) if line.strip() else []
        yield from (text for text in texts if text.strip())


def _texts_of(where: str, line: str) -> list[str]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ConfigError(f"{where} is no JSON: {error}") from error
    values = [row[name] for name in _CAPTIONS if name in row] if isinstance(row, dict) else []
    if not values:
        raise ConfigError(f"{where} has none of the fields {', '.join(_CAPTIONS)}; rename one")
    lists = [value if isinstance(value, list) else [value] for value in values]
    return [str(text) for texts in lists for text in texts]


def _vectors(sets: Sets, encoder: Any, max_side: int) -> NDArray[np.float32]:
    """Load or make the vectors of all sets; (m, d) unit rows."""
    parts = [np.zeros((0, encoder.dim), dtype=np.float32)]
    parts += [_vectors_of(file, _Known(encoder), max_side) for file in sets]
    return np.concatenate(parts)


class _Known:
    """An encoder as the key of a cache: equal to another of the same identity."""

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder

    def __hash__(self) -> int:
        return hash(self.encoder.identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self.encoder.identity == other.encoder.identity


@lru_cache(maxsize=8)
def _vectors_of(file: OperatorFile, known: _Known, max_side: int) -> NDArray[np.float32]:
    if file.name.endswith(".npy"):
        return _loaded(file, known.encoder.dim)
    pictures = (partial(_image, file, path, data, max_side) for path, data in file.read())
    empty = np.zeros((0, known.encoder.dim), dtype=np.float32)
    return np.concatenate([empty, *vectors_of(known.encoder, pictures)])


def _image(file: OperatorFile, path: str, data: bytes, max_side: int) -> Image:
    try:
        return decode(data, max_side)
    except BROKEN as error:
        raise _not_an_image(file, path, error) from error


def _loaded(file: OperatorFile, dim: int) -> NDArray[np.float32]:
    [(_, data)] = file.read()
    try:
        vectors = np.load(io.BytesIO(data), allow_pickle=False).astype(np.float32)
    except ValueError as error:
        raise ConfigError(f"{file.uri} is no array of numpy's: {error}") from error
    if vectors.ndim != 2 or vectors.shape[1] != dim:
        raise ConfigError(
            f"{file.uri} has shape {vectors.shape}, but the encoder gives {dim} numbers an image;"
            " make it anew with `realsyn embed` and the run's encoder"
        )
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.where(norms > 0, norms, 1)
    return unit


def _not_an_image(file: OperatorFile, path: str, error: Exception) -> ConfigError:
    return ConfigError(
        f"{file.uri}, {path} is not an image ({type(error).__name__}: {error}); leave only images"
        " in a folder of evaluation images"
    )
