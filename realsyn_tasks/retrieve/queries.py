"""What the images are searched by: their vectors alone, or with the words of their documents."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.retrieve.licensed import all_licensed, licensed

STAGE = "embed_queries"
COLUMNS = ["image_id", "embedding"]


def queries(inputs: Inputs) -> pa.Table:
    """Give image_id and embedding of the queries of the images that a shard reads."""
    if inputs.has(STAGE):
        return inputs.table(STAGE, "queries", COLUMNS)
    return licensed(inputs, "images", COLUMNS)


def all_queries(inputs: Inputs) -> Iterator[pa.Table]:
    """Give the same of all images, a shard of the corpus at a time."""
    if inputs.has(STAGE):
        return (table for _, table in inputs.stream(STAGE, "queries", COLUMNS))
    return all_licensed(inputs, "images", COLUMNS)
