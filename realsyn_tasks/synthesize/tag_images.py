"""Name what each image shows (paper §3.2: RAM++ tags)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.synthesize import schemas
from realsyn_tasks.synthesize.images import decoded
from realsyn_tasks.synthesize.mine_tags import words_of


class Config(StageConfig):
    """How many images the tagger sees at once, how large, and which words it has.

    `vocabulary`: the tagger's own list, one mined from the corpus's sentences in its place, or
    both, as the paper has it. Of the corpus's, a tagger has to take words: `vocabulary` does.
    """

    vocabulary: Literal["own", "corpus", "both"] = "own"

    batch_size: int = Field(default=32, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each image's tags, best first; an image may have none."""
    tagger = _tagger(inputs, config, context)
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


def _tagger(inputs: Inputs, config: Config, context: Context) -> Any:
    """Give the run's tagger, with the corpus's own words if they are asked for."""
    tagger = context.model("tagger")
    if config.vocabulary == "own":
        return tagger
    if not hasattr(tagger, "with_words"):
        raise ConfigError(
            f"tag_images.vocabulary is {config.vocabulary!r}, and this tagger takes no words: name"
            ' the tagger `vocabulary`, or say tag_images.vocabulary: "own"'
        )
    return tagger.with_words(list(words_of(inputs)), config.vocabulary == "both")
