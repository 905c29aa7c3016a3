"""What tests of the cluster's protocol share: coloured pictures in tars, tiny models, tiny sets."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from realsyn_tasks.core import tables
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.tar import TarWriter
from realsyn_tasks.evaluate import schemas
from realsyn_tasks.evaluate.clip_training import Training
from realsyn_tasks.evaluate.evaluation_sets import Description, PinnedSet
from tests.models.checkpoints import CLIP
from tests.support import FakeInputs

COLOURS = {
    "red": (220, 20, 20),
    "green": (20, 200, 20),
    "blue": (20, 20, 220),
    "yellow": (230, 230, 20),
    "black": (10, 10, 10),
    "white": (245, 245, 245),
}
SHARDS, IN_SHARD = 3, 8
ARCHITECTURE = {**CLIP, "text_cfg": {**CLIP["text_cfg"], "context_length": 16}}
TINY = {
    "architecture": ARCHITECTURE,
    "steps": 30,
    "batch_size": 8,
    "learning_rate": 3e-3,
    "precision": "fp32",
    "shuffled": 5,
    "save_steps": 10,
}


def training(**changes: Any) -> Training:
    """A training of a tiny model in seconds."""
    return Training(**{**TINY, **changes})


def picture(colour: str, number: int) -> bytes:
    """A JPEG of one colour with a little noise, every one of another size."""
    noise = np.random.default_rng(number).integers(-10, 10, (40 + number % 7, 48, 3))
    pixels = np.clip(np.array(COLOURS[colour]) + noise, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG")
    return out.getvalue()


def colour_of(number: int) -> str:
    """The colour of a picture, by its number in the version."""
    return list(COLOURS)[number % len(COLOURS)]


def lesson(shard: int, row: int) -> dict[str, Any]:
    """A row of LESSONS."""
    number = shard * IN_SHARD + row
    colour = colour_of(number)
    texts = [("raw", f"a {colour} thing"), *(("realistic", f"{colour} {n}") for n in range(3))]
    return {
        "version": 0,
        "key": f"{shard:05d}{row:05d}",
        "image_id": f"{number:032x}",
        "document": f"https://a.example/{number}",
        "source": f"{colour}.example",
        "cluster_id": number % len(COLOURS),
        "place": number,
        "has_caption": number % 2 == 0,
        "texts": [{"source": source, "text": text} for source, text in texts],
    }


def tar_of(folder: Path, shard: int, lessons: Sequence[Mapping[str, Any]]) -> ObjectRef:
    """Write a shard's pictures as they are published, and others that nobody learns from."""
    path = folder / f"{shard:05d}.tar"
    tar = TarWriter(path)
    for row, each in enumerate(lessons):
        colour = colour_of(shard * IN_SHARD + row)
        tar.add(f"{each['key']}.jpg", picture(colour, shard * IN_SHARD + row))
        tar.add(f"{each['key']}.json", b"{}")
        tar.add(f"{each['key']}.txt", b"text1")
    tar.add("9999900000.jpg", b"no picture at all")
    tar.close()
    return Storage.at(str(folder / "root")).upload(path, f"datasets/{path.name}")


@dataclass(frozen=True)
class Versions:
    """A source of one version, as PinnedVersions is."""

    storage: Storage
    tars: Sequence[ObjectRef]

    @property
    def versions(self) -> list[Any]:
        return [SimpleNamespace(storage=self.storage)]

    def shards_of(self, version: int) -> list[Any]:
        return [
            SimpleNamespace(shard=number, objects={"samples": tar})
            for number, tar in enumerate(self.tars)
        ]


def version(folder: Path) -> FakeInputs:
    """The inputs of train_clip: a version of three shards, and its lessons."""
    (folder / "root").mkdir(parents=True)
    rows = [[lesson(shard, row) for row in range(IN_SHARD)] for shard in range(SHARDS)]
    tars = [tar_of(folder, shard, some) for shard, some in enumerate(rows)]
    lessons = [pa.Table.from_pylist(some, schema=schemas.LESSONS) for some in rows]
    source = Versions(Storage.at(str(folder / "root")), tars)
    return FakeInputs({("draw_lessons", "lessons"): lessons}, sources={"datasets": source})


def pinned(name: str, tasks: tuple[str, ...], metric: str = "accuracy") -> PinnedSet:
    """An evaluation set as it is pinned."""
    about: Any = {"about": name, "tasks": tasks, "metric": metric, "licence": "", "source": ""}
    return PinnedSet(name=name, uri=name, digest="", description=Description(**about))


def questions(
    name: str, each: int = 2, learnt: int = 0, metric: str = "accuracy"
) -> tuple[pa.Table, pa.Table]:
    """Questions and classes of a set of colours; `learnt` pictures of each are for probes."""
    rows = list(_questions(name, each, "test")) + list(_questions(name, learnt, "train"))
    names = [
        {
            "set": name,
            "label": colour,
            "texts": [f"a {colour} thing", f"{colour} 1"],
            "metric": metric,
        }
        for colour in COLOURS
    ]
    return (
        pa.Table.from_pylist(rows, schema=schemas.QUESTIONS),
        tables.from_rows(schemas.CLASSES, names),
    )


def _questions(name: str, each: int, split: str) -> Iterator[dict[str, Any]]:
    for number in range(each * len(COLOURS)):
        colour = colour_of(number)
        yield {
            "set": name,
            "item": f"{split}-{number:03d}",
            "split": split,
            "picture": picture(colour, 1000 + number + 500 * (split == "train")),
            "texts": [f"a {colour} thing", f"{colour} 2"],
            "label": colour,
        }
