"""CLIP models through open_clip: any architecture, pretrained tag or checkpoint, any device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import Field

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import checkpoints, protocols, threads
from realsyn_tasks.models._torchvision import import_torchvision
from realsyn_tasks.models.ahead import drawn_ahead, worker_count
from realsyn_tasks.models.clip_pixels import Picture, Preprocessing
from realsyn_tasks.models.clip_texts import TextTower, Tokens
from realsyn_tasks.models.device import Device, Leaving
from realsyn_tasks.models.digests import SHORT, cached_sha256, folder_digest
from realsyn_tasks.models.hub_cache import hub_folder
from realsyn_tasks.models.protocols import Identity, OnDevice
from realsyn_tasks.models.sentences import unit_rows

LOCAL = "local-dir"  # open_clip's word for a folder with configuration and weights
COMPILED_STEP = 16  # tokens: few lengths of texts, each of which is compiled


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
        workers: int = Field(default=0, ge=0)  # threads that prepare pictures; see worker_count
        compiler: str = ""  # a backend of torch.compile, as inductor; none unless named

    needs = ()

    def __init__(self, options: Options, running: Running, cache: Path) -> None:
        self.identity = self.identify(options, cache, ()).text
        self._options, self._running = options, running
        model, transforms, tokenizer = _open(options, cache, running.device)
        self._device = Device(running.device)
        self._pixels = Preprocessing(transforms, running.device, options.precision)
        self._texts = TextTower(model, tokenizer, COMPILED_STEP if running.compiler else 1)
        self._model = model
        self._see = self._compiled(model.encode_image)
        self._read = self._compiled(self._texts.encode)
        self.dim = self.encode_texts(["a"]).shape[1]

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its files; on a hub, by what is declared of them."""
        weights = _weights(options, cache)
        return Identity(f"open_clip-{weights.text}-{options.precision}", weights.declared)

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Give (n, dim) float32 unit rows; transparency counts as white."""
        parts = [np.zeros((0, self.dim), np.float32)]
        parts += self.encode_pictures(partial(_decoded, image) for image in images)
        return np.concatenate(parts)

    def encode_pictures(self, pictures: Iterable[Picture]) -> Iterator[NDArray[np.float32]]:
        """Give the vectors batch by batch; the next pictures are made while a batch is encoded."""
        workers = worker_count(self._running.workers, self._running.device)
        with ThreadPoolExecutor(workers, "pictures") as pool:
            batches = self._pixels.batches(pictures, self._running.batch_size, pool)
            with closing(drawn_ahead(batches)) as begun:
                yield from self._vectors(begun, lambda batch: self._of_pixels(batch.ready()))

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (n, dim) float32 unit rows; texts end where the model's context does."""
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        order: list[int] = []
        batches = self._texts.batches(texts, self._running.batch_size)
        with closing(drawn_ahead(_noted(batches, order))) as begun:
            sorted_vectors = list(
                self._vectors(begun, lambda batch: self._of_tokens(batch.tokens, batch.ends))
            )
        vectors = np.concatenate(sorted_vectors)
        vectors[order] = vectors.copy()
        return vectors

    def _vectors(
        self, batches: Iterable[Any], encode: Callable[[Any], Leaving]
    ) -> Iterator[NDArray[np.float32]]:
        """Give unit rows of a batch when the device has the next to work on."""
        leaving: Leaving | None = None
        for batch in batches:
            following = encode(batch)
            if leaving:
                yield unit_rows(leaving.arrived())
            leaving = following
        if leaving:
            yield unit_rows(leaving.arrived())

    def _of_pixels(self, rows: Any) -> Leaving:
        filled = self._filled(rows)
        with self._inference():
            planes = self._pixels.floats(self._device.sent(filled))
            return self._device.leaving(self._see(planes)[: len(rows)])

    def _of_tokens(self, tokens: Any, ends: Any) -> Leaving:
        filled = [self._filled(part) for part in (tokens, ends)]
        with self._inference():
            sent = [self._device.sent(part) for part in filled]
            return self._device.leaving(self._read(*sent)[: len(tokens)])

    def _filled(self, rows: Any) -> Any:
        """Fill a batch up by its first row where each shape would be compiled."""
        lacking = self._running.batch_size - len(rows)
        if not self._running.compiler or not lacking:
            return rows
        import torch

        return torch.cat([rows, rows[:1].expand(lacking, *rows.shape[1:])])

    def _compiled(self, encode: Callable[..., Any]) -> Callable[..., Any]:
        if not self._running.compiler:
            return encode
        import torch

        compiled: Callable[..., Any] = torch.compile(
            encode, backend=self._running.compiler, dynamic=False
        )
        return compiled

    @contextmanager
    def _inference(self) -> Iterator[None]:
        import torch

        with torch.inference_mode(), self._autocast():
            yield

    def _autocast(self) -> AbstractContextManager[Any]:
        import torch

        if not self._options.precision.startswith("amp"):
            return nullcontext()
        kind = torch.bfloat16 if self._options.precision == "amp_bf16" else torch.float16
        return torch.autocast(self._running.device.split(":")[0], dtype=kind)


def _decoded(image: Image) -> Image:
    return image


def _noted(batches: Iterable[Tokens], order: list[int]) -> Iterator[Tokens]:
    """Pass batches on and note whose rows they hold, one after another."""
    for batch in batches:
        order += batch.rows
        yield batch


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
        force_quick_gelu=_quick_gelu(options),
    )
    tokenizer = open_clip.get_tokenizer(model_name, cache_dir=str(hub_folder()))
    return model.eval(), preprocess, tokenizer


def _quick_gelu(options: OpenClipEncoder.Options) -> bool:
    """Say whether a tag's weights were taught with OpenAI's approximation of GELU.

    open_clip warns where an architecture has the other one, as ViT-L-14 of `openai` does, and goes
    on: with vectors that are not those of the weights.
    """
    import open_clip

    told = open_clip.get_pretrained_cfg(options.model, options.pretrained) or {}
    return bool(told.get("quick_gelu"))


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
