"""Name what each image shows (paper §3.2: RAM++ tags)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.synthesize import schemas
from realsyn_tasks.synthesize.images import decoded


class Config(StageConfig):
    """How many images the tagger sees at once, and how large."""

    batch_size: int = Field(default=32, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each image's tags, best first; an image may have none."""
    tagger = context.model("tagger")
    rows: list[dict[str, Any]] = []
    batches = decoded(inputs, context, config.batch_size, config.max_side, ["embedding"])
    for batch, pictures in batches:
        tags_of_batch = tagger.tag(pictures, tables.vectors_of(batch))
        for image, tags in zip(batch["image_id"].to_pylist(), tags_of_batch, strict=True):
            names, scores = zip(*tags, strict=True) if tags else ((), ())
            rows.append({"image_id": image, "tags": list(names), "scores": list(scores)})
    return Output(
        tables={"tags": tables.from_rows(schemas.TAGS, rows, ("image_id",))},
        counts={"tags": sum(len(row["tags"]) for row in rows)},
    )
