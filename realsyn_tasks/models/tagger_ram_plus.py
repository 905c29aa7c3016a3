"""Tags by RAM++: 4,585 of its own, each with its threshold, and any others that are described."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import checkpoints, threads
from realsyn_tasks.models.ahead import batched, worker_count
from realsyn_tasks.models.checkpoints import DType, locate
from realsyn_tasks.models.digests import SHORT, cached_sha256
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Identity, OnDevice
from realsyn_tasks.pictures.pixels import on_white

TAG_LIST, THRESHOLDS = "ram_tag_list.txt", "ram_tag_list_threshold.txt"  # as published
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
Tags = list[tuple[str, float]]


class RamPlusTagger:
    """Names what a picture shows; nothing of the run's encoder is in it."""

    class Options(checkpoints.Checkpoint):
        """Where weights and lists are, and which tags are asked for.

        `open_set` is an .npz: `tags` (n,), `embeddings` (n, descriptions, 512), the text vectors of
        CLIP ViT-B/16 that RAM++ was taught with, and, if they are known, `thresholds` (n,).
        """

        lists: str = ""  # folder of the tag list and its thresholds, if not the checkpoint's
        open_set: str = ""
        open_threshold: float = Field(default=0.5, ge=0, le=1)  # the authors', for unseen tags
        own_tags: bool = True  # false: those of the open set alone
        dtype: DType = "float32"

    class Running(OnDevice):
        """Where and in what portions."""

        batch_size: int = Field(default=8, ge=1)

    needs = ()

    def __init__(self, options: Options, running: Running, cache: Path) -> None:
        self._options, self._running = options, running
        folder = Path(locate(options, cache))
        self._names, self._least, self._model, self._labels = _open(folder, options, running.device)

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its files and what is asked of it."""
        checkpoint = checkpoints.identify(options, cache)
        said = changes(options, (*checkpoints.PLACE, "lists", "open_set"))
        lists = [Path(options.lists) / name for name in (TAG_LIST, THRESHOLDS) if options.lists]
        others = [Path(options.open_set)] if options.open_set else []
        for path in (*lists, *others):
            said += f"-{cached_sha256(_required(path), cache)[:SHORT]}"
        return Identity(f"ram_plus-{checkpoint.text}{said}", checkpoint.declared)

    def tag(self, images: Sequence[Image.Image], vectors: NDArray[np.float32]) -> list[Tags]:
        """Give each image's (tag, probability), likeliest first; vectors are not looked at."""
        workers = worker_count(0, self._running.device)
        with ThreadPoolExecutor(workers, "pixels") as pool:
            seen = pool.map(partial(to_pixels, side=self._model.side), images)
            return [
                tags
                for rows in batched(seen, self._running.batch_size)
                for tags in self._tags(rows)
            ]

    def _tags(self, rows: Sequence[NDArray[np.float32]]) -> list[Tags]:
        import torch

        pixels = np.stack(rows)
        with torch.inference_mode():
            batch = torch.from_numpy(pixels).to(self._labels[0].device, self._labels[0].dtype)
            found = self._model(batch, self._labels).cpu().numpy()
        return [self._likely(chances) for chances in np.round(found, 4)]

    def _likely(self, chances: NDArray[np.float32]) -> Tags:
        above = np.flatnonzero(chances > self._least)
        best = above[np.argsort(-chances[above], kind="stable")]
        tags: dict[str, float] = {}
        for place in best:  # both sets may have a tag
            tags.setdefault(self._names[place], round(float(chances[place]), 4))
        return list(tags.items())


def to_pixels(image: Image.Image, side: int) -> NDArray[np.float32]:
    """Squash an image into a square, as RAM++ was taught; (3, side, side) float32."""
    square = on_white(image).resize((side, side), Image.Resampling.BILINEAR)
    values = np.asarray(square, dtype=np.float32) / 255.0
    normal = (values - np.array(MEAN, np.float32)) / np.array(SPREAD, np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1))


def _open(
    folder: Path, options: RamPlusTagger.Options, device: str
) -> tuple[list[str], NDArray[np.float64], Any, list[Any]]:
    """Give names, thresholds, the network, and vectors (tags, descriptions, width) by set."""
    import torch

    threads.settle()
    from realsyn_tasks.models import ram_plus

    state = _weights(folder)
    names, least = _lists(Path(options.lists) if options.lists else folder)
    kind = getattr(torch, options.dtype)
    model = ram_plus.RamPlus(state, device, kind)
    groups = [(names, least, _by_tag(state[ram_plus.LABELS].float().numpy(), len(names)))]
    if options.open_set:
        width = groups[0][2].shape[2]
        groups.append(open_set(Path(options.open_set), options.open_threshold, width))
    asked = groups if options.own_tags else groups[1:]
    if not asked:
        raise ConfigError("tagger ram_plus: own_tags is false, and no open_set says which others")
    return (
        [name for group in asked for name in group[0]],
        np.concatenate([group[1] for group in asked]),
        model,
        [torch.from_numpy(group[2]).to(device, kind) for group in asked],
    )


def _weights(folder: Path) -> dict[str, Any]:
    import torch

    files = sorted(folder.glob("*.pth"))
    if len(files) != 1:
        raise ConfigError(
            f"{folder} has {len(files)} files .pth, of which one is to hold RAM++'s weights: get"
            " its files again"
        )
    stored = torch.load(files[0], map_location="cpu", weights_only=True)
    state: dict[str, Any] = stored.get("model", stored)
    return state


def _lists(folder: Path) -> tuple[list[str], NDArray[np.float64]]:
    names = _required(folder / TAG_LIST).read_text(encoding="utf-8").split("\n")
    names = [name.strip() for name in names if name.strip()]
    least = np.array(_required(folder / THRESHOLDS).read_text().split(), dtype=np.float64)
    if len(names) != len(least):
        raise ConfigError(
            f"{folder} has {len(names)} tags and {len(least)} thresholds: get its files again"
        )
    return names, least


def _by_tag(rows: NDArray[np.float32], tags: int) -> NDArray[np.float32]:
    if not tags or len(rows) % tags:
        raise ConfigError(
            f"the weights of RAM++ describe no {tags} tags, as its list says ({len(rows)} rows):"
            " get its files again"
        )
    return rows.reshape(tags, -1, rows.shape[1])


def open_set(
    path: Path, threshold: float, width: int
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float32]]:
    """Read tags, thresholds and description vectors from a file; ConfigError if it is none."""
    with np.load(_required(path), allow_pickle=False) as stored:
        names = [str(name) for name in stored["tags"]]
        rows = stored["embeddings"].astype(np.float32)
        least = stored.get("thresholds", np.full(len(names), threshold)).astype(np.float64)
    if rows.ndim != 3 or rows.shape[::2] != (len(names), width) or len(least) != len(names):
        raise ConfigError(
            f"{path} has {len(names)} tags, {len(least)} thresholds and embeddings of shape"
            f" {rows.shape}, but they must be ({len(names)}, descriptions, {width})"
        )
    return names, least, rows / np.linalg.norm(rows, axis=2, keepdims=True).clip(1e-12)


def _required(path: Path) -> Path:
    if not path.is_file():
        raise ConfigError(
            f"tagger ram_plus: {path} is missing: get its files again (the tag list and its"
            " thresholds are in the authors' repository xinyu1205/recognize-anything, ram/data)"
        )
    return path
