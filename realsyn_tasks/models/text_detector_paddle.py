"""The embedded detector of text in pictures: PaddleOCR's PP-OCRv4, on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from realsyn_tasks.models import protocols
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.onnx_session import open_session
from realsyn_tasks.models.prepared import find
from realsyn_tasks.models.protocols import Identity
from realsyn_tasks.models.recipes import PADDLE_DETECTOR
from realsyn_tasks.pictures.pixels import on_white

STEP = 32  # px; sides are multiples of it, as the network asks


class PaddleTextDetector:
    """A network that gives each pixel's probability of lying in a line of text.

    Regions of likely pixels that are no longer than thick are left out: it takes figures, flowers
    and the like for a single letter (on the sample crawl, of the 12 pictures with the most text
    without this rule two had any). So a sign of a letter or two is missed. Pictures go through one
    by one: each answer depends on its own picture alone.
    """

    class Options(protocols.Options):
        """How closely it looks."""

        side: int = Field(default=640, ge=STEP, le=2048)  # px of the long side, whatever it was
        threshold: float = Field(default=0.3, gt=0, lt=1)  # of a pixel's probability
        elongation: float = Field(default=4.0, ge=1)  # of a line: its length over its thickness

    Running = protocols.Running
    needs = ()

    def __init__(self, options: Options, running: protocols.Running, cache: Path) -> None:
        folder, _ = find(cache, PADDLE_DETECTOR)
        self._options = options
        self._session = open_session(folder / "model.onnx")

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by what it was prepared from, and by how closely it looks."""
        return Identity(find(cache, PADDLE_DETECTOR)[1] + changes(options))

    def cover(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Give the share of each picture's area under text; (n,) float32."""
        return np.array([self._share(image) for image in images], dtype=np.float32)

    def _share(self, image: Image.Image) -> float:
        (likely,) = self._session.run(None, {"x": to_pixels(image, self._options.side)})
        lines = lines_of(likely[0, 0] > self._options.threshold, self._options.elongation)
        return float(lines.mean())


def lines_of(text: NDArray[np.bool_], elongation: float) -> NDArray[np.bool_]:
    """Keep the connected regions that are at least so many times as long as thick; (h, w) bool.

    Length and thickness are those of the rectangle with the region's second moments, whichever way
    it lies.
    """
    from scipy import ndimage

    labels, count = ndimage.label(text)
    ys, xs = np.nonzero(text)
    regions = labels[ys, xs]  # of the pixels of text alone, which are few
    sizes = np.maximum(np.bincount(regions, minlength=count + 1), 1)

    def means(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(regions, values, count + 1) / sizes, dtype=np.float64)

    down, right = ys - means(ys)[regions], xs - means(xs)[regions]
    pixel = 1 / 12  # a pixel's own extent
    yy, xx = means(down * down) + pixel, means(right * right) + pixel
    half, skew = (yy + xx) / 2, means(down * right)
    spread = np.sqrt(((yy - xx) / 2) ** 2 + skew**2)
    long_enough = half + spread >= elongation**2 * (half - spread)
    long_enough[0] = False  # what is no text
    kept: NDArray[np.bool_] = long_enough[labels]
    return kept


def to_pixels(image: Image.Image, side: int) -> NDArray[np.float32]:
    """Scale an image to a long side of about `side` px, as (1, 3, h, w) float32 in -1..1.

    Blue comes first, as in the pictures that the network was trained on.
    """
    flat = on_white(image)
    scale = side / max(flat.size)
    width, height = (max(STEP, round(length * scale / STEP) * STEP) for length in flat.size)
    scaled = flat.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)
    values = np.asarray(scaled, dtype=np.float32) / 127.5 - 1.0
    return np.ascontiguousarray(values[:, :, ::-1].transpose(2, 0, 1)[None])
