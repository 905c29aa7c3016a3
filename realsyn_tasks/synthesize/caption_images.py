"""Describe each picture in a sentence, from the picture alone (paper §3.2: OFA).

The caption goes into prompts where the page has none, and into the dataset as `recaption`. A model
may read out what stands in a picture, so what it says is filtered (recaptions.py). Not run when no
captioner is chosen.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.synthesize import schemas
from realsyn_tasks.synthesize.images import decoded
from realsyn_tasks.synthesize.recaptions import RecaptionLimits, judged
from realsyn_tasks.text.clean import composed


class Config(StageConfig):
    """How many images the captioner sees at once, how large, and what captions must be."""

    batch_size: int = Field(default=16, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding
    limits: RecaptionLimits = RecaptionLimits()


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each image's caption, with single spaces, and why it is not used; "": it is."""
    captioner = context.model("captioner")
    rows: list[dict[str, Any]] = []
    for batch, pictures in decoded(inputs, context, config.batch_size, config.max_side, []):
        captions = captioner.caption(pictures)
        for image, caption in zip(batch["image_id"].to_pylist(), captions, strict=True):
            rows.append({"image_id": image, **_told(composed(caption), config.limits)})
    refused = Counter(f"refused_{row['verdict']}" for row in rows if row["verdict"])
    return Output(
        tables={"captions": tables.from_rows(schemas.CAPTIONS, rows, ("image_id",))},
        counts={"captions": len(rows) - refused.total(), **refused},
    )


def _told(caption: str, limits: RecaptionLimits) -> dict[str, str]:
    text, verdict = judged(caption, limits)
    if verdict is None:
        return {"caption": text, "verdict": "", "detail": ""}
    return {"caption": text, "verdict": verdict.reason.code, "detail": verdict.detail}
