"""Count the noun phrases of a sample of the corpus's sentences, for a list of tags of its own.

The paper extends RAM++'s list by tags from its sentences (§4.1), and does not say how. Pictures are
drawn here, too: mine_tags tells by them which phrases name what can be seen. Not run unless
tag_images.vocabulary asks for the list.
"""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.synthesize import schemas
from realsyn_tasks.text.noun_phrases import noun_phrases
from realsyn_tasks.vectors.hash_order import bottom_k, hash_order


class Config(StageConfig):
    """How much of each shard is read."""

    sentences: int = Field(default=20_000, ge=1)
    pictures: int = Field(default=500, ge=1)
    max_phrases: int = Field(default=20_000, ge=1)  # the most frequent ones are handed on
    batch_size: int = Field(default=128, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each phrase with the number of the drawn sentences that have it, and some vectors."""
    drawn = _drawn(inputs, "sentences", "sentence_id", ["text"], config.sentences, context)
    counts: Counter[str] = Counter()
    texts = drawn["text"].to_pylist()
    for number, phrases in enumerate(noun_phrases(texts, config.batch_size), start=1):
        counts.update(phrases)
        if number % config.batch_size == 0:
            context.progress(number, len(texts))
    kept = sorted(counts, key=lambda phrase: (-counts[phrase], phrase))[: config.max_phrases]
    columns = {"phrase": kept, "sentences": [counts[phrase] for phrase in kept]}
    pictures = _drawn(inputs, "images", "image_id", ["embedding"], config.pictures, context)
    return Output(
        tables={
            "phrases": tables.build(schemas.PHRASES, columns, sort_by=("phrase",)),
            "pictures": pictures.select(schemas.SEEN.names).cast(schemas.SEEN),
        },
        counts={"sentences_read": len(texts)},
    )


def _drawn(
    inputs: Inputs, table: str, key: str, columns: list[str], most: int, context: Context
) -> pa.Table:
    """Draw rows by the hash of their ids."""
    ids = inputs.table("corpus", table, [key])[key].to_pylist()
    rows = bottom_k(hash_order(ids, context.seed), most)
    return tables.taken(inputs.table("corpus", table, [key, *columns]), rows)
