"""Captions through Hugging Face transformers: any image-to-text checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.checkpoints import hub_options, locate, transformers_offline
from realsyn_tasks.pictures.pixels import on_white


class TransformersCaptioner:
    """BLIP, GIT, ViT-GPT2 and their like; greedy unless beams are asked for.

    The paper's OFA-base is not among transformers' models; its five beams and 16 tokens are here.
    """

    class Options(BaseModel):
        """Where the weights are and how they run."""

        model_config = ConfigDict(frozen=True, extra="forbid")

        checkpoint: str  # a folder or a hub name
        prompt: str = ""  # what the caption is to begin with, for models that take a text
        device: str = "cpu"
        dtype: str = "float32"
        batch_size: int = Field(default=8, ge=1)
        max_new_tokens: int = Field(default=16, ge=1)
        beams: int = Field(default=1, ge=1)
        threads: int = Field(default=1, ge=1)

    def __init__(self, options: Options, cache: Path) -> None:
        where, identity = locate(cache, options.checkpoint)
        self._options = options
        self._images, self._words, self._model = _open(where, options)
        self.identity = f"{identity}-{options.dtype}-{options.beams}x{options.max_new_tokens}"

    def caption(self, images: Sequence[Image]) -> list[str]:
        """Give one caption per image, on one line, stripped."""
        captions: list[str] = []
        for start in range(0, len(images), self._options.batch_size):
            captions += self._captions(images[start : start + self._options.batch_size])
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
            name: part.to(self._options.device, kind if part.is_floating_point() else None)
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


def _open(where: str, options: TransformersCaptioner.Options) -> tuple[Any, Any, Any]:
    import torch

    hub = transformers_offline(options.threads)
    kind = getattr(torch, options.dtype)
    try:
        images = hub.AutoImageProcessor.from_pretrained(where, **hub_options())
        words = hub.AutoTokenizer.from_pretrained(where, **hub_options())
        model = hub.AutoModelForImageTextToText.from_pretrained(where, dtype=kind, **hub_options())
    except (OSError, ValueError) as error:
        raise ConfigError(f"captioner {options.checkpoint}: {error}") from error
    return images, words, model.eval().to(options.device)
