"""Captions through Hugging Face transformers: any image-to-text checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL.Image import Image
from pydantic import Field

from realsyn_tasks.models import checkpoints
from realsyn_tasks.models.checkpoints import (
    DType,
    hub_options,
    locate,
    transformers_offline,
    whole_model,
)
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Identity, OnDevice
from realsyn_tasks.pictures.pixels import on_white


class TransformersCaptioner:
    """BLIP, GIT, ViT-GPT2 and their like; greedy unless beams are asked for.

    The paper's OFA-base is not among transformers' models; its five beams and 16 tokens are here.
    """

    class Options(checkpoints.Checkpoint):
        """Where the weights are, and what they are asked for."""

        prompt: str = ""  # what the caption is to begin with, for models that take a text
        dtype: DType = "float32"
        max_new_tokens: int = Field(default=16, ge=1)
        beams: int = Field(default=1, ge=1)

    class Running(OnDevice):
        """Where and in what portions."""

        batch_size: int = Field(default=8, ge=1)

    needs = ()

    def __init__(self, options: Options, running: Running, cache: Path) -> None:
        self._options, self._running = options, running
        self._images, self._words, self._model = _open(options, cache, running.device)

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its checkpoint and what it is asked for."""
        checkpoint = checkpoints.identify(options, cache)
        said = f"{options.dtype}-{options.beams}x{options.max_new_tokens}"
        said += changes(options, (*checkpoints.PLACE, "dtype", "beams", "max_new_tokens"))
        return Identity(f"{checkpoint.text}-{said}", checkpoint.declared)

    def caption(self, images: Sequence[Image]) -> list[str]:
        """Give one caption per image, on one line, stripped."""
        captions: list[str] = []
        for start in range(0, len(images), self._running.batch_size):
            captions += self._captions(images[start : start + self._running.batch_size])
        return captions

    def _captions(self, images: Sequence[Image]) -> list[str]:
        import torch

        pictures = [on_white(image) for image in images]
        batch = dict(self._images(images=pictures, return_tensors="pt"))
        if self._options.prompt:
            prompts = [self._options.prompt] * len(pictures)
            batch |= dict(self._words(prompts, return_tensors="pt"))
        kind = getattr(torch, self._options.dtype)
        ready = {
            name: part.to(self._running.device, kind if part.is_floating_point() else None)
            for name, part in batch.items()
        }
        with torch.inference_mode():
            found = self._model.generate(
                **ready,
                max_new_tokens=self._options.max_new_tokens,
                num_beams=self._options.beams,
                do_sample=False,
            )
        texts = self._words.batch_decode(found, skip_special_tokens=True)
        return [" ".join(text.split()) for text in texts]


def _open(options: TransformersCaptioner.Options, cache: Path, device: str) -> tuple[Any, Any, Any]:
    import torch

    hub, where = transformers_offline(), locate(options, cache)
    kind = getattr(torch, options.dtype)
    images = hub.AutoImageProcessor.from_pretrained(where, **hub_options())
    words = hub.AutoTokenizer.from_pretrained(where, **hub_options())
    model = whole_model(hub.AutoModelForImageTextToText, where, dtype=kind)
    return images, words, model.eval().to(device)
