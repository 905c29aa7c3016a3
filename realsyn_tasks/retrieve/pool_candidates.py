"""Pool what the partitions of lists found for each image: its most similar sentences, best first.

From here on nothing tells in which partition a sentence was found.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig


class Config(StageConfig):
    """How many sentences compete to be a text of an image.

    No more than search_lists gives from one partition: else what an image gets would depend on
    the number of partitions.
    """

    candidates: int = Field(default=12, ge=3)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the best candidates of each image of the shard, ranked from 1."""
    found = inputs.table("search_lists", "candidates").drop_columns([tables.PARTITION])
    order = [("image_id", "ascending"), ("score", "descending"), ("sentence_id", "ascending")]
    found = found.sort_by(order)
    ranks = _ranks(found["image_id"])
    found = found.set_column(
        found.column_names.index("rank"), "rank", pa.array(ranks, type=pa.int32())
    )
    return Output(tables={"candidates": found.filter(pa.array(ranks <= config.candidates))})


def _ranks(images: pa.ChunkedArray) -> np.ndarray:
    """Number the rows of each run of equal ids from 1; (n,) int64."""
    runs = images.combine_chunks().dictionary_encode().indices.to_numpy()
    first = np.flatnonzero(np.append(True, runs[1:] != runs[:-1])) if len(runs) else runs
    lengths = np.diff(np.append(first, len(runs)))
    ranks: np.ndarray = np.arange(len(runs)) - np.repeat(first, lengths) + 1
    return ranks
