"""Captions through Hugging Face transformers: several families of image-to-text checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL.Image import Image
from pydantic import Field

from realsyn_tasks.models import caption_ways, checkpoints
from realsyn_tasks.models.checkpoints import (
    DType,
    locate,
    transformers_offline,
    whole_model,
)
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Identity, OnDevice
from realsyn_tasks.pictures.pixels import on_white


class TransformersCaptioner:
    """BLIP, BLIP-2, Florence-2, GIT, ViT-GPT2, and models that chat: LLaVA, Qwen-VL, SmolVLM.

    Greedy unless beams are asked for. Pictures of a batch are padded to the longest of it, which
    masks hide; under reduced precision a caption may still differ with the batch that it is in.
    The paper's OFA-base is not among transformers' models; its five beams and 16 tokens are here.
    """

    class Options(checkpoints.Checkpoint):
        """Where the weights are, and what they are asked for.

        What `prompt` means is its family's: how the caption begins (BLIP, GIT, ViT-GPT2; nothing),
        a question (BLIP-2; nothing), a task (Florence-2; <CAPTION>), or what a model that chats is
        told (to describe the picture in one sentence).
        """

        prompt: str = ""
        processing: dict[str, Any] = Field(default_factory=dict)  # further words to its processor
        dtype: DType = "float32"
        max_new_tokens: int = Field(default=16, ge=1)
        beams: int = Field(default=1, ge=1)

    class Running(OnDevice):
        """Where and in what portions."""

        batch_size: int = Field(default=8, ge=1)

    needs = ()

    def __init__(self, options: Options, running: Running, cache: Path) -> None:
        self._options, self._running = options, running
        self._way, self._model = _open(options, cache, running.device)

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

        batch = self._way.asked([on_white(image) for image in images])
        kind = getattr(torch, self._options.dtype)
        ready = {
            name: part.to(self._running.device, kind if part.is_floating_point() else None)
            for name, part in batch.items()
            if isinstance(part, torch.Tensor)
        }
        with torch.inference_mode():
            tokens = self._model.generate(
                **ready,
                max_new_tokens=self._options.max_new_tokens,
                num_beams=self._options.beams,
                do_sample=False,
            )
        texts = self._way.said(tokens, ready.get("input_ids"))
        return [" ".join(text.split()) for text in texts]


def _open(options: TransformersCaptioner.Options, cache: Path, device: str) -> tuple[Any, Any]:
    import torch

    hub, where = transformers_offline(), locate(options, cache)
    kind = getattr(torch, options.dtype)
    model = whole_model(hub.AutoModelForImageTextToText, where, device, dtype=kind)
    family = model.config.model_type
    way = caption_ways.way_of(family, hub, where, options.prompt, options.processing)
    return way, model
