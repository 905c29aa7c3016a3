"""Describe each image in a sentence (paper §3.2: OFA). Not run when no captioner is chosen."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.synthesize import schemas
from realsyn_tasks.synthesize.images import decoded
from realsyn_tasks.text.clean import composed


class Config(StageConfig):
    """How many images the captioner sees at once, and how large."""

    batch_size: int = Field(default=16, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each image's caption, with single spaces; an empty one where there is none."""
    captioner = context.model("captioner")
    rows: list[dict[str, Any]] = []
    for batch, pictures in decoded(inputs, context, config.batch_size, config.max_side, []):
        captions = captioner.caption(pictures)
        for image, caption in zip(batch["image_id"].to_pylist(), captions, strict=True):
            rows.append({"image_id": image, "caption": composed(caption)})
    return Output(tables={"captions": tables.from_rows(schemas.CAPTIONS, rows, ("image_id",))})
