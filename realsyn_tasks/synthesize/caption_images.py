"""Describe each picture in a sentence, from the picture alone (paper §3.2: OFA).

The caption goes into prompts where the page has none, and into the dataset as `recaption`. A model
may read out what stands in a picture, so a caption is judged as a page's is: one that gives orders,
holds personal data or is of another language goes nowhere. Not run when no captioner is chosen.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract.captions import Caption, CaptionConfig, CaptionRules
from realsyn_tasks.synthesize import schemas
from realsyn_tasks.synthesize.images import decoded
from realsyn_tasks.text.clean import composed


class Config(StageConfig):
    """How many images the captioner sees at once, how large, and what captions must be."""

    batch_size: int = Field(default=16, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding
    filter: CaptionConfig = CaptionConfig()


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each image's caption, with single spaces, and why it is not used; "": it is."""
    captioner, rules = context.model("captioner"), CaptionRules(config.filter)
    rows: list[dict[str, Any]] = []
    for batch, pictures in decoded(inputs, context, config.batch_size, config.max_side, []):
        captions = captioner.caption(pictures)
        for image, caption in zip(batch["image_id"].to_pylist(), captions, strict=True):
            rows.append({"image_id": image, **judged(composed(caption), rules)})
    refused = Counter(f"refused_{row['verdict']}" for row in rows if row["verdict"])
    return Output(
        tables={"captions": tables.from_rows(schemas.CAPTIONS, rows, ("image_id",))},
        counts={"captions": len(rows) - refused.total(), **refused},
    )


def judged(caption: str, rules: CaptionRules) -> dict[str, str]:
    """Give a caption as it may be kept, and the code of the reason for which it is not used."""
    text, verdict = rules.judged(Caption(caption))
    if verdict is None:
        return {"caption": text, "verdict": "", "detail": ""}
    return {"caption": text, "verdict": verdict.reason.code, "detail": verdict.detail}
