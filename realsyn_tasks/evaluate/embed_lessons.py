"""Give the pictures and texts of the lessons their frozen features (models/features.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.datasets.pinned import SAMPLES
from realsyn_tasks.datasets.samples import pictures
from realsyn_tasks.evaluate import reasons, schemas
from realsyn_tasks.models import features
from realsyn_tasks.models.ahead import batched
from realsyn_tasks.models.features import Seen
from realsyn_tasks.models.protocols import Encoder
from realsyn_tasks.pictures.pixels import BROKEN, decode

TEXTS = 1024  # handed over at once: encoders sort them by length
Row = dict[str, Any]


class Config(StageConfig):
    """How many pictures the encoder sees at once, and how large."""

    batch_size: int = Field(default=32, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give a row for each picture that can be decoded, and one for each different text."""
    lessons = inputs.table("draw_lessons", "lessons", ["version", "key", "texts"])
    encoder = context.model("encoder")
    seen = dict(_pictures(inputs, lessons["key"].to_pylist(), config, context, encoder))
    rows = [
        {"version": version, "key": key, "features": seen[key]}
        for version, key in zip(*(lessons[n].to_pylist() for n in ("version", "key")), strict=True)
        if key in seen
    ]
    texts = {each["text"] for given in lessons["texts"].to_pylist() for each in given}
    return Output(
        tables={
            "pictures": tables.from_rows(schemas.PICTURE_FEATURES, rows, sort_by=("key",)),
            "texts": text_table(encoder, texts),
        },
        dropped=[
            Dropped("pair", key, reasons.BROKEN_LESSON)
            for key in lessons["key"].to_pylist()
            if key not in seen
        ],
        counts={"pictures": len(rows), "texts": len(texts)},
    )


def _pictures(
    inputs: Inputs, keys: list[str], config: Config, context: Context, encoder: Encoder
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Give the features of what can be decoded, by key."""
    if not keys:
        return
    with inputs.blob("datasets", SAMPLES) as source:
        for batch in batched(pictures(source, set(keys)), config.batch_size):
            decoded = list(readable(batch, config.max_side))
            seen = features.of_pictures(encoder, [image for _, image in decoded])
            yield from zip((key for key, _ in decoded), seen.features, strict=True)
            context.progress(min(len(keys), len(batch)), len(keys))


def readable(batch: Sequence[tuple[str, bytes]], side: int) -> Iterator[tuple[str, Any]]:
    """Decode what can be decoded, by its name."""
    for name, data in batch:
        try:
            yield name, decode(data, side)
        except BROKEN:
            continue


def text_table(encoder: Encoder, texts: set[str]) -> pa.Table:
    """Make the table of the features of different texts."""
    known = sorted(texts)
    seen = seen_texts(encoder, known)
    return tables.build(schemas.TEXT_FEATURES, {"text": known, "features": seen.features})


def seen_texts(encoder: Encoder, texts: Sequence[str]) -> Seen:
    """Give vectors and features of texts, row by row."""
    parts = [features.of_texts(encoder, batch) for batch in batched(texts, TEXTS)]
    if not parts:
        empty = np.zeros((0, encoder.dim), dtype=np.float32)
        return Seen(empty, empty)
    return Seen(*(np.concatenate(column) for column in zip(*parts, strict=True)))
