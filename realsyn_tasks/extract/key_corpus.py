"""Send the corpus's items to where possible duplicates out of the new crawl meet them."""

from __future__ import annotations

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output
from realsyn_tasks.extract.neighbours import Items, KeyConfig, keyed


class Config(KeyConfig):
    """How many neighbourhoods an item of the corpus belongs to."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Key one shard of an older generation exactly as the crawl is keyed."""
    images = inputs.table("corpus", "images", ["image_id", "phash", "embedding"])
    sentences = inputs.table("corpus", "sentences", ["sentence_id", "text", "embedding"])
    items = Items(
        images["image_id"],
        images["phash"],
        tables.vectors_of(images),
        sentences["sentence_id"],
        sentences["text"],
        tables.vectors_of(sentences),
    )
    return Output(tables=keyed(items, inputs, config, context))
