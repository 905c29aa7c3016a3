"""Send the crawl's items to where they meet their possible duplicates (paper §3.1)."""

from __future__ import annotations

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output
from realsyn_tasks.extract.neighbours import Items, KeyConfig, keyed


class Config(KeyConfig):
    """How many neighbourhoods an item of the crawl belongs to."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Key vectors by pivot, pictures by the bands of their hash, texts by their letters."""
    images = inputs.table("embed_images", "images", ["image_id", "phash"])
    sentences = inputs.table("filter_perplexity", "sentences", ["sentence_id", "text"])
    items = Items(
        images["image_id"],
        images["phash"],
        tables.vectors_of(inputs.table("embed_images", "vectors", ["embedding"])),
        sentences["sentence_id"],
        sentences["text"],
        tables.vectors_of(inputs.table("embed_sentences", "vectors", ["embedding"])),
    )
    return Output(tables=keyed(items, inputs, config, context))
