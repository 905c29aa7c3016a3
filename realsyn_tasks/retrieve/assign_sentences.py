"""Put every sentence into the list of its nearest centroid (paper §3.2)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.answers import COLUMNS, answers
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.vectors import kmeans


class Config(StageConfig):
    """Nothing to choose: a second list per sentence costs memory and buys no recall."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Key the shard's texts by the partition that their list belongs to."""
    sentences = answers(inputs)
    centroids = tables.vectors_of(inputs.table("fit_lists", "centroids"))
    vectors = tables.vectors_of(sentences)
    lists = kmeans.assign(vectors, centroids) if len(vectors) else np.zeros(0, dtype=np.int32)
    list_ids = pa.array(lists, type=pa.int32())
    columns = {
        **{name: sentences[name] for name in COLUMNS},
        "list_id": list_ids,
        tables.PARTITION: [number % context.axes[LISTS] for number in list_ids.to_pylist()],
    }
    keyed = tables.build(schemas.KEYED_SENTENCES, columns, ["list_id", "sentence_id"])
    return Output(tables={"sentences": keyed})
