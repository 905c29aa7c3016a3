"""Scores of pictures through Hugging Face transformers: any image classification checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.checkpoints import hub_options, locate, transformers_offline


class TransformersScorer:
    """The probability of one or more of a classifier's labels, such as "nsfw"."""

    class Options(BaseModel):
        """Where the weights are, what is looked for, and how they run."""

        model_config = ConfigDict(frozen=True, extra="forbid")

        checkpoint: str  # a folder or a hub name
        labels: tuple[str, ...] = ("nsfw",)  # whose probabilities are added up
        device: str = "cpu"
        batch_size: int = Field(default=16, ge=1)
        threads: int = Field(default=1, ge=1)

    def __init__(self, options: Options, cache: Path) -> None:
        where, self.identity = locate(cache, options.checkpoint)
        self._options = options
        self._images, self._model = _open(where, options)
        known = {name: row for row, name in self._model.config.id2label.items()}
        if not set(options.labels) <= set(known):
            raise ConfigError(
                f"{options.checkpoint} has no label {' or '.join(options.labels)}; it has"
                f" {', '.join(sorted(known))}"
            )
        self._rows = [known[name] for name in options.labels]

    def __call__(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """Give the probability of the labels for each picture; (n,) float64."""
        size = self._options.batch_size
        parts = [np.zeros(0)]
        parts += [self._scores(images[row : row + size]) for row in range(0, len(images), size)]
        return np.concatenate(parts)

    def _scores(self, images: Sequence[Image]) -> NDArray[np.float64]:
        import torch

        pictures = [image.convert("RGB") for image in images]
        batch = self._images(images=pictures, return_tensors="pt").to(self._options.device)
        with torch.inference_mode():
            shares = self._model(**batch).logits.float().softmax(dim=-1)
        found: NDArray[np.float64] = shares[:, self._rows].sum(dim=-1).double().cpu().numpy()
        return found


def _open(where: str, options: TransformersScorer.Options) -> tuple[Any, Any]:
    hub = transformers_offline(options.threads)
    try:
        images = hub.AutoImageProcessor.from_pretrained(where, **hub_options())
        model = hub.AutoModelForImageClassification.from_pretrained(where, **hub_options())
    except (OSError, ValueError) as error:
        raise ConfigError(f"image scorer {options.checkpoint}: {error}") from error
    return images, model.eval().to(options.device)
