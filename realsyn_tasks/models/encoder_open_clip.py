"""CLIP models through open_clip: any architecture, pretrained tag or checkpoint, any device."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.sentences import unit_rows
from realsyn_tasks.pictures.pixels import on_white


class OpenClipEncoder:
    """Both towers of a CLIP model, with its own preprocessing.

    Under reduced precision vectors differ in the last digits with the batch they are in.
    """

    class Options(BaseModel):
        """Which model, and how it runs.

        A model named `local-dir:FOLDER` or `hf-hub:NAME` brings its own weights. Any other is an
        architecture of open_clip, and `pretrained` a tag of it or a checkpoint file.
        """

        model_config = ConfigDict(frozen=True, extra="forbid")

        model: str = "ViT-B-32"
        pretrained: str = ""
        device: str = "cpu"
        precision: Literal["fp32", "amp_bf16", "amp_fp16", "bf16", "fp16"] = "fp32"
        batch_size: int = Field(default=64, ge=1)
        threads: int = Field(default=1, ge=1)  # on a CPU

    def __init__(self, options: Options, cache: Path) -> None:
        import torch

        from realsyn_tasks.models._torchvision import import_torchvision

        import_torchvision()
        torch.set_num_threads(options.threads)
        self._options = options
        self._model, self._preprocess, self._tokenize = _open(options, cache)
        self.identity = f"open_clip-{_name(options)}-{_digest(self._model)}-{options.precision}"
        self.dim = self.encode_texts(["a"]).shape[1]

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Give (n, dim) float32 unit rows; transparency counts as white."""
        return self._encoded(
            images,
            lambda part: [self._preprocess(on_white(image)) for image in part],
            self._model.encode_image,
        )

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (n, dim) float32 unit rows; texts end where the model's context does."""
        return self._encoded(texts, self._tokenize, self._model.encode_text)

    def _encoded(
        self,
        items: Sequence[Any],
        prepare: Callable[[Sequence[Any]], Any],
        encode: Callable[[Any], Any],
    ) -> NDArray[np.float32]:
        import torch

        parts = []
        for start in range(0, len(items), self._options.batch_size):
            batch = self._on_device(prepare(list(items[start : start + self._options.batch_size])))
            with torch.inference_mode(), self._autocast():
                parts.append(encode(batch).float().cpu().numpy())
        return unit_rows(np.concatenate(parts)) if parts else np.zeros((0, self.dim), np.float32)

    def _on_device(self, ready: Any) -> Any:
        import torch

        batch = torch.stack(ready) if isinstance(ready, list) else ready
        kinds = {"bf16": torch.bfloat16, "fp16": torch.float16}
        kind = kinds.get(self._options.precision) if batch.is_floating_point() else None
        return batch.to(self._options.device, kind)

    def _autocast(self) -> AbstractContextManager[Any]:
        import torch

        if not self._options.precision.startswith("amp"):
            return nullcontext()
        kind = torch.bfloat16 if self._options.precision == "amp_bf16" else torch.float16
        return torch.autocast(self._options.device.split(":")[0], dtype=kind)


def _open(options: OpenClipEncoder.Options, cache: Path) -> tuple[Any, Any, Any]:
    import open_clip

    whole = ":" in options.model  # a schema: configuration and weights in one place
    if not whole and not options.pretrained:
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(options.model)) or "none"
        raise ConfigError(
            f"encoder open_clip, model {options.model}: name its weights in option `pretrained`"
            f" (a checkpoint file, or a tag; known ones: {tags})"
        )
    try:
        model, preprocess = open_clip.create_model_from_pretrained(
            options.model,
            pretrained=None if whole else options.pretrained,
            precision=options.precision if not options.precision.startswith("amp") else "fp32",
            device=options.device,
            cache_dir=str(cache / "open_clip"),
        )
        tokenize = open_clip.get_tokenizer(options.model)
    except (RuntimeError, FileNotFoundError, ValueError) as error:
        raise ConfigError(f"encoder open_clip, model {options.model}: {error}") from error
    return model.eval(), preprocess, tokenize


def _name(options: OpenClipEncoder.Options) -> str:
    """Name the model without the folders it happens to lie in."""
    schema, _, place = options.model.rpartition(":")
    model = Path(place).name if schema == "local-dir" else options.model
    return f"{model}-{Path(options.pretrained).stem}" if options.pretrained else model


def _digest(model: Any) -> str:
    """Digest the weights as they were loaded, wherever they came from."""
    import torch

    told = hashlib.sha256()
    with torch.inference_mode():
        for name, tensor in sorted(model.state_dict().items()):
            told.update(name.encode())
            values = tensor.detach().cpu().contiguous().flatten()
            told.update(values.view(torch.uint8).numpy().tobytes())
    return told.hexdigest()[:12]
