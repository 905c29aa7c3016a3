"""EfficientNet-Lite2, an ImageNet-1k classifier, on ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from realsyn_tasks.models.onnx_session import open_session
from realsyn_tasks.pictures.pixels import on_white

SIDE = 260  # px, what the weights were trained for
BATCH = 16
FEATURES = 1280  # pooled, before the layer of classes


class Classifier:
    """Gives class probabilities; each row depends on its own image alone, bit for bit."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "classifier.onnx"
        self._session = open_session(self._file)
        self.labels: list[str] = json.loads((folder / "labels.json").read_text(encoding="utf-8"))

    def probabilities(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Give (n, 1000) float32, rows summing to 1."""
        found = np.zeros((len(images), len(self.labels)), dtype=np.float32)
        for start in range(0, len(images), BATCH):
            rows = slice(start, start + BATCH)
            (found[rows],) = self._session.run(["probabilities"], _fed(images[rows]))
        return found

    def seen(
        self, images: Sequence[Image.Image]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give the probabilities, and the pooled features that they come from: (n, 1280)."""
        session, pooled = self._pooling
        batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        found = [session.run(["probabilities", pooled], _fed(batch)) for batch in batches]
        likely = [np.zeros((0, len(self.labels)), np.float32), *(each[0] for each in found)]
        features = [np.zeros((0, FEATURES), np.float32), *(each[1] for each in found)]
        return np.concatenate(likely), np.concatenate(features)

    @cached_property
    def _pooling(self) -> tuple[Any, str]:
        """Open the same network with what goes into its last layer as one more output."""
        import onnx

        network = onnx.load(self._file)
        last = [node for node in network.graph.node if node.op_type == "Gemm"][-1]
        pooled = last.input[0]
        network.graph.output.append(onnx.ValueInfoProto(name=pooled))
        return open_session(network.SerializeToString()), pooled


def _fed(images: Sequence[Image.Image]) -> dict[str, NDArray[np.float32]]:
    return {"pixels": np.stack([to_pixels(image) for image in images])}


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
