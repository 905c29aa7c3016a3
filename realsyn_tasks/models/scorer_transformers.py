"""Scores of pictures through Hugging Face transformers: any image classification checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import checkpoints
from realsyn_tasks.models.checkpoints import hub_options, locate, transformers_offline, whole_model
from realsyn_tasks.models.identities import text_digest
from realsyn_tasks.models.protocols import Identity, OnDevice
from realsyn_tasks.pictures.pixels import on_white


class TransformersScorer:
    """The probability of one or more of a classifier's labels, such as "nsfw"."""

    class Options(checkpoints.Checkpoint):
        """Where the weights are, and what is looked for."""

        labels: tuple[str, ...] = ("nsfw",)  # whose probabilities are added up

    Running = OnDevice
    needs = ()

    def __init__(self, options: Options, running: OnDevice, cache: Path) -> None:
        self._running = running
        self._images, self._model = _open(options, cache, running.device)
        known = {name: row for row, name in self._model.config.id2label.items()}
        if not set(options.labels) <= set(known):
            raise ConfigError(
                f"{options.checkpoint} has no label {' or '.join(options.labels)}; it has"
                f" {', '.join(sorted(known))}"
            )
        self._rows = [known[name] for name in options.labels]

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its checkpoint and the labels that are looked for."""
        checkpoint = checkpoints.identify(options, cache)
        labels = text_digest(",".join(sorted(options.labels)))
        return Identity(f"{checkpoint.text}-{labels}", checkpoint.declared)

    def __call__(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """Give the probability of the labels for each picture; (n,) float64."""
        size = self._running.batch_size
        parts = [np.zeros(0)]
        parts += [self._scores(images[row : row + size]) for row in range(0, len(images), size)]
        return np.concatenate(parts)

    def _scores(self, images: Sequence[Image]) -> NDArray[np.float64]:
        import torch

        pictures = [on_white(image) for image in images]
        batch = self._images(images=pictures, return_tensors="pt").to(self._running.device)
        with torch.inference_mode():
            shares = self._model(**batch).logits.float().softmax(dim=-1)
        found: NDArray[np.float64] = shares[:, self._rows].sum(dim=-1).double().cpu().numpy()
        return found


def _open(options: TransformersScorer.Options, cache: Path, device: str) -> tuple[Any, Any]:
    import torch

    hub, where = transformers_offline(), locate(options, cache)
    images = hub.AutoImageProcessor.from_pretrained(where, **hub_options())
    kind = hub.AutoModelForImageClassification
    return images, whole_model(kind, where, device, dtype=torch.float32)
