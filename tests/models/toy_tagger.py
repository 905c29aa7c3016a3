"""A tagger as a contributor would add it: one class that loads, says what it is, and answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import Field

from realsyn_tasks.models import protocols
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Identity
from realsyn_tasks.pictures.pixels import on_white

CHANNELS = ("red", "green", "blue")


class ToyTagger:
    """Names the brightest channels of a picture."""

    class Options(protocols.Options):
        """How many names."""

        most: int = Field(default=2, ge=1, le=3)

    Running = protocols.Running
    needs = ()

    def __init__(self, options: Options, running: protocols.Running, cache: Path) -> None:
        self._most = options.most

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its options: there are no weights."""
        return Identity(f"toy{changes(options)}")

    def tag(
        self, images: Sequence[Image], vectors: NDArray[np.float32]
    ) -> list[list[tuple[str, float]]]:
        """Give each image's channels with their means, 0..1, the brightest first."""
        return [self._channels(np.asarray(on_white(image))) for image in images]

    def _channels(self, pixels: NDArray[np.uint8]) -> list[tuple[str, float]]:
        means = (pixels.mean(axis=(0, 1)) / 255).tolist()
        ranked = sorted(zip(CHANNELS, means, strict=True), key=lambda pair: -pair[1])
        return ranked[: self._most]
