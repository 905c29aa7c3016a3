"""What the images are searched by: their vectors alone, or with the words of their documents."""

from __future__ import annotations

import pyarrow as pa

from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.retrieve.licensed import licensed

STAGE = "embed_queries"
COLUMNS = ["image_id", "embedding"]


def queries(inputs: Inputs) -> pa.Table:
    """Give image_id and embedding of the queries of the images that a shard reads."""
    if inputs.has(STAGE):
        return inputs.table(STAGE, "queries", COLUMNS)
    return licensed(inputs, "images", COLUMNS)
