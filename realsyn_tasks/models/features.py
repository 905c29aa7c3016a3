"""Frozen features of pictures and texts, from which small heads learn.

An encoder may have better ones than its own vectors: the embedded one mixes class descriptions,
and what its classifier knows besides is lost in them. One that has says so by the two methods of
`Featured`; of any other its own vectors are the features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from realsyn_tasks.models.protocols import Encoder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


class Seen(NamedTuple):
    """What an encoder makes of some pictures or texts."""

    vectors: NDArray[np.float32]  # (n, dim) unit rows, as `encode_images` or `encode_texts`
    features: NDArray[np.float32]  # (n, any)


@runtime_checkable
class Featured(Protocol):
    """An encoder whose features are not its vectors."""

    def picture_features(self, images: Sequence[Image]) -> Seen:
        """Give both of each picture."""
        ...

    def text_features(self, texts: Sequence[str]) -> Seen:
        """Give both of each text."""
        ...


def of_pictures(encoder: Encoder, images: Sequence[Image]) -> Seen:
    """Give vectors and features of pictures, row by row."""
    if isinstance(encoder, Featured):
        return encoder.picture_features(images)
    vectors = encoder.encode_images(images)
    return Seen(vectors, vectors)


def of_texts(encoder: Encoder, texts: Sequence[str]) -> Seen:
    """Give vectors and features of texts, row by row."""
    if isinstance(encoder, Featured):
        return encoder.text_features(texts)
    vectors = encoder.encode_texts(texts)
    return Seen(vectors, vectors)
