"""Put every sentence into the list of its nearest centroid (paper §3.2)."""

from __future__ import annotations

import numpy as np

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.answers import COLUMNS, answers
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.retrieve.lists import nearest_lists, partition_of
from realsyn_tasks.vectors import search
from realsyn_tasks.vectors.hash_order import bottom_k, row_order
from realsyn_tasks.vectors.kmeans import Nearest
from realsyn_tasks.vectors.product_config import ProductConfig

CHECKED = 64  # sentences of a shard whose list is looked for among all lists


class Config(ProductConfig):
    """Nothing to choose: a second list per sentence costs memory and buys no recall."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Key the shard's texts by the partition that their list belongs to.

    Very many lists are looked up by groups of them, which misses a few of the nearest; it counts
    how many of some sentences, and the gate says how many may be missed.
    """
    context = config.applied(context)
    sentences, device = answers(inputs), context.device
    nearest = nearest_lists(inputs, device)
    vectors = tables.halves_of(sentences)
    lists = nearest.assign(vectors, device) if len(vectors) else np.zeros(0, dtype=np.int32)
    columns = {
        **{name: sentences[name] for name in COLUMNS},
        "shard": np.full(len(lists), context.shard, dtype=np.int32),
        "list_id": lists,
        tables.PARTITION: partition_of(lists, len(nearest.centroids), context.axes[LISTS]),
    }
    keyed = tables.build(schemas.KEYED_SENTENCES, columns, ["list_id", "sentence_id"])
    return Output(tables={"sentences": keyed}, counts=_checked(vectors, lists, nearest, context))


def _checked(
    vectors: np.ndarray, lists: np.ndarray, nearest: Nearest, context: Context
) -> dict[str, int]:
    """Count sentences that were looked up among all lists, and those found in the nearest."""
    rows = np.sort(bottom_k(row_order(len(lists), context.seed), CHECKED))
    agreed = 0
    if len(rows):
        exact = search.probe(vectors[rows], nearest.centroids, 1, device=context.device)[:, 0]
        agreed = int((exact == lists[rows]).sum())
    return {"lists_checked": len(rows), "lists_nearest": agreed}
