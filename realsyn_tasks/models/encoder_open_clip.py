"""CLIP models through open_clip: any architecture, pretrained tag or checkpoint, any device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import Field

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import checkpoints, protocols, threads
from realsyn_tasks.models._torchvision import import_torchvision
from realsyn_tasks.models.digests import SHORT, cached_sha256, folder_digest
from realsyn_tasks.models.hub_cache import hub_folder
from realsyn_tasks.models.protocols import Identity, OnDevice
from realsyn_tasks.models.sentences import unit_rows
from realsyn_tasks.pictures.pixels import on_white

LOCAL = "local-dir"  # open_clip's word for a folder with configuration and weights


class OpenClipEncoder:
    """Both towers of a CLIP model, with its own preprocessing.

    Under reduced precision vectors differ in the last digits with the batch they are in.
    """

    class Options(protocols.Options):
        """Which model.

        A model named `local-dir:FOLDER` or `hf-hub:NAME` brings its own weights. Any other is an
        architecture of open_clip, and `pretrained` a tag of it or a checkpoint file.
        """

        model: str = "ViT-B-32"
        pretrained: str = ""
        precision: Literal["fp32", "amp_bf16", "amp_fp16", "bf16", "fp16"] = "fp32"
        revision: str = ""  # of hf-hub:NAME: the commit
        digest: str = ""  # of hf-hub:NAME or a tag: SHA-256 of the weights file

    class Running(OnDevice):
        """Where and in what portions."""

        batch_size: int = Field(default=64, ge=1)

    needs = ()

    def __init__(self, options: Options, running: Running, cache: Path) -> None:
        self.identity = self.identify(options, cache, ()).text
        self._options, self._running = options, running
        self._model, self._preprocess, self._tokenize = _open(options, cache, running.device)
        self.dim = self.encode_texts(["a"]).shape[1]

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its files; on a hub, by what is declared of them."""
        weights = _weights(options, cache)
        return Identity(f"open_clip-{weights.text}-{options.precision}", weights.declared)

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
        for start in range(0, len(items), self._running.batch_size):
            batch = self._on_device(prepare(list(items[start : start + self._running.batch_size])))
            with torch.inference_mode(), self._autocast():
                parts.append(encode(batch).float().cpu().numpy())
        return unit_rows(np.concatenate(parts)) if parts else np.zeros((0, self.dim), np.float32)

    def _on_device(self, ready: Any) -> Any:
        import torch

        batch = torch.stack(ready) if isinstance(ready, list) else ready
        kinds = {"bf16": torch.bfloat16, "fp16": torch.float16}
        kind = kinds.get(self._options.precision) if batch.is_floating_point() else None
        return batch.to(self._running.device, kind)

    def _autocast(self) -> AbstractContextManager[Any]:
        import torch

        if not self._options.precision.startswith("amp"):
            return nullcontext()
        kind = torch.bfloat16 if self._options.precision == "amp_bf16" else torch.float16
        return torch.autocast(self._running.device.split(":")[0], dtype=kind)


def _weights(options: OpenClipEncoder.Options, cache: Path) -> Identity:
    schema, _, place = options.model.rpartition(":")
    if schema == LOCAL:
        return _of_folder(Path(place), cache)
    if not schema and not options.pretrained:
        raise ConfigError(_unnamed(options.model))
    file = Path(options.pretrained)
    if not schema and file.is_file():
        return Identity(f"{options.model}-{file.stem}-{cached_sha256(file, cache)[:SHORT]}")
    name = place if schema else f"{options.model}-{options.pretrained}"
    revision = options.revision if schema else options.revision or options.pretrained
    if schema or options.digest:
        return checkpoints.declared(name, revision, options.digest)
    return checkpoints.declared(name, options.revision, "", _repository(options))


def _repository(options: OpenClipEncoder.Options) -> str:
    """Name the hub's repository behind a tag; empty where there is none."""
    import_torchvision()
    import open_clip

    told = open_clip.get_pretrained_cfg(options.model, options.pretrained) or {}
    return str(told.get("hf_hub", "")).rstrip("/")


def _of_folder(folder: Path, cache: Path) -> Identity:
    if not folder.is_dir():
        raise ConfigError(f"encoder open_clip: there is no folder {folder}")
    return Identity(f"{folder.name}-{folder_digest(folder, cache)}")


def _unnamed(model: str) -> str:
    import_torchvision()
    import open_clip

    tags = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "none"
    return (
        f"encoder open_clip, model {model}: name its weights in option `pretrained`"
        f" (a checkpoint file, or a tag; known ones: {tags})"
    )


def _open(options: OpenClipEncoder.Options, cache: Path, device: str) -> tuple[Any, Any, Any]:
    threads.settle()
    import_torchvision()
    import open_clip

    model_name, pretrained = _source(options, cache)
    model, preprocess = open_clip.create_model_from_pretrained(
        model_name,
        pretrained=pretrained,
        precision=options.precision if not options.precision.startswith("amp") else "fp32",
        device=device,
        cache_dir=str(hub_folder()),
    )
    tokenizer = open_clip.get_tokenizer(model_name, cache_dir=str(hub_folder()))
    return model.eval(), preprocess, tokenizer


def _source(options: OpenClipEncoder.Options, cache: Path) -> tuple[str, str | None]:
    """Give open_clip's names of model and weights; what was declared of them holds."""
    schema, _, place = options.model.rpartition(":")
    if schema == LOCAL:
        return options.model, None
    if schema:
        folder = checkpoints.snapshot(place, options.revision, options.digest, cache)
        return f"{LOCAL}:{folder}", None
    if not Path(options.pretrained).is_file():
        _check_tag(options, cache)
    return options.model, options.pretrained


def _check_tag(options: OpenClipEncoder.Options, cache: Path) -> None:
    """Raise ConfigError unless a tag's weights are those that were declared."""
    import open_clip
    from open_clip.pretrained import download_pretrained

    told = open_clip.get_pretrained_cfg(options.model, options.pretrained)
    if not told:
        raise ConfigError(_unnamed(options.model))
    try:
        file = Path(download_pretrained(told, cache_dir=str(hub_folder())))
    except (OSError, RuntimeError, ValueError) as error:
        what = f"{_repository(options)} of open_clip's {options.model}, {options.pretrained},"
        raise ConfigError(checkpoints.not_here(what, error)) from error
    if options.digest and (digest := cached_sha256(file, cache)) != options.digest:
        raise ConfigError(
            f"encoder open_clip, model {options.model}: weights {options.pretrained} have SHA-256"
            f" {digest}, but {options.digest} was declared"
        )
