"""EfficientNet-Lite2, an ImageNet-1k classifier, on ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from realsyn_tasks.models.onnx_session import open_session
from realsyn_tasks.pictures.pixels import on_white

SIDE = 260  # px, what the weights were trained for
BATCH = 16


class Classifier:
    """Gives class probabilities; each row depends on its own image alone, bit for bit."""

    def __init__(self, folder: Path) -> None:
        self._session = open_session(folder / "classifier.onnx")
        self.labels: list[str] = json.loads((folder / "labels.json").read_text(encoding="utf-8"))

    def probabilities(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Give (n, 1000) float32, rows summing to 1."""
        found = np.zeros((len(images), len(self.labels)), dtype=np.float32)
        for start in range(0, len(images), BATCH):
            rows = slice(start, start + BATCH)
            pixels = np.stack([to_pixels(image) for image in images[rows]])
            (found[rows],) = self._session.run(["probabilities"], {"pixels": pixels})
        return found


def to_pixels(image: Image.Image) -> NDArray[np.float32]:
    """Fit an image into a white square, as (3, 260, 260) float32 around zero.

    Nothing is cropped: on the stamps a centre crop costs 5 points of R@5, squashing 1.
    """
    flat = on_white(image)
    scale = SIDE / max(flat.size)
    width, height = (max(1, round(side * scale)) for side in flat.size)
    small = flat.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
    square = Image.new("RGB", (SIDE, SIDE), "white")
    square.paste(small, ((SIDE - width) // 2, (SIDE - height) // 2))
    values = (np.asarray(square, dtype=np.float32) - 127.0) / 128.0
    return np.ascontiguousarray(values.transpose(2, 0, 1))
