"""Place the pictures of the drawn pairs on a plane: their first two principal components."""

from __future__ import annotations

import numpy as np

from realsyn_tasks.analyze import schemas
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig


class Config(StageConfig):
    """Which map new pictures are placed into."""

    frozen: str = ""  # digest of an earlier analysis's map; "": a new one


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Place each picture."""
    table = inputs.table("embed_pairs", "vectors")
    vectors = tables.vectors_of(table)
    if not len(vectors):
        return Output(tables={"places": schemas.PLACES.empty_table()})
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    places = centred @ axes[:, ::-1][:, :2]
    columns = {"key": table["key"], "x": places[:, 0], "y": places[:, 1]}
    return Output(tables={"places": tables.build(schemas.PLACES, columns, sort_by=("key",))})
