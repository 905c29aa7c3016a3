"""What the images are searched by: their vectors alone, or with the words of their documents."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from realsyn_tasks.core.stage import Inputs

COLUMNS = ["image_id", "embedding"]


def queries(inputs: Inputs) -> pa.Table:
    """Give image_id and embedding of the queries of the images that a shard reads."""
    return inputs.table(*_source(inputs), COLUMNS)


def all_queries(inputs: Inputs) -> Iterator[pa.Table]:
    """Give the same of all images, a shard of the corpus at a time."""
    return (table for _, table in inputs.stream(*_source(inputs), COLUMNS))


def _source(inputs: Inputs) -> tuple[str, str]:
    return ("embed_queries", "queries") if inputs.has("embed_queries") else ("corpus", "images")
