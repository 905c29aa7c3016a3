"""How near a sentence is to the images that visit its list: what the penalty for hubs is made of.

A sentence is in one list, and all visitors of a list are in its partition: nothing is missing.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.retrieve import schemas


def no_scores(sentences: int, nearest: int) -> np.ndarray:
    """Give the scores of sentences that no image has met: (n, nearest) float32, all -inf."""
    return np.full((sentences, nearest), -np.inf, dtype=np.float32)


def means(nearest: np.ndarray) -> np.ndarray:
    """Give each sentence's mean score with its nearest images, 0 without any; (n,) float32."""
    there = np.isfinite(nearest)
    sums = np.where(there, nearest, 0).sum(axis=1)
    mean_scores: np.ndarray = (sums / np.maximum(there.sum(axis=1), 1)).astype(np.float32)
    return mean_scores


def table(ids: pa.ChunkedArray, nearest: np.ndarray) -> pa.Table:
    """Make the table of the sentences that any image has met, in order of id."""
    rows = np.flatnonzero(np.isfinite(nearest[:, 0]))
    there = np.isfinite(nearest[rows])
    ends = np.append(0, np.cumsum(there.sum(axis=1))).astype(np.int32)
    columns = {
        "sentence_id": chunks.taken_column(ids, rows),
        "scores": pa.ListArray.from_arrays(pa.array(ends), pa.array(nearest[rows][there])),
    }
    return tables.build(schemas.NEAREST_IMAGES, columns)


def with_known(nearest: np.ndarray, table: pa.Table, rows: np.ndarray) -> np.ndarray:
    """Put a table's scores in their places: `rows` says which sentence each of its rows is of."""
    scores, known = nearest.copy(), table["scores"]
    lengths = pc.list_value_length(known).to_numpy()
    places = np.arange(scores.shape[1])[None, :] < lengths[:, None]
    mine = np.full(places.shape, -np.inf, dtype=np.float32)
    mine[places] = pc.list_flatten(known).to_numpy()
    scores[rows] = mine
    return scores
