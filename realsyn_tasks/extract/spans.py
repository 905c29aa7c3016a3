"""Rows that a fit has for each shard of a crawl: one file, shard after shard, and where they begin.

So a shard reads its own with one request, and whoever writes never holds them all. The first number
of a row is a place in the crawl (places.py).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.places import shards_of
from realsyn_tasks.vectors.components import Numbers, Spill, rows_at

Counts = NDArray[np.int64]  # rows of each shard


def by_shard(path: Path, width: int, files: int, shards: int) -> Spill:
    """Begin rows that go to the disk by the shards of their places, in so many files."""

    def file_of(places: Numbers) -> NDArray[np.int64]:
        return shards_of(places).astype(np.int64) * files // shards

    return Spill(path, width, files, file_of)


def write(rows_by_shard: Spill, kind: np.dtype[np.void], path: Path, shards: int) -> Counts:
    """Write rows, sorted by place, as records of a type of as many fields; count those of shards.

    What was waiting on the disk is gone then.
    """
    counts = np.zeros(shards, dtype=np.int64)
    with path.open("wb") as target:
        for file in range(rows_by_shard.files):
            rows = rows_by_shard.whole(file)
            rows = rows_at(rows, np.argsort(rows[:, 0]))
            counts += np.bincount(shards_of(rows[:, 0]), minlength=shards)
            records = np.empty(len(rows), dtype=kind)
            for column, name in enumerate(kind.names or ()):
                records[name] = rows[:, column]
            records.tofile(target)
    rows_by_shard.drop()
    return counts


def table(kind: str, counts: Counts) -> pa.Table:
    """Say where the rows of each shard begin in the file of a kind of item, and how many."""
    columns = {
        "kind": np.repeat(kind, len(counts)),
        "shard": np.arange(len(counts), dtype=np.int32),
        "start": np.cumsum(counts) - counts,
        "rows": counts,
    }
    return tables.build(schemas.SPANS, columns)


def read(
    inputs: Inputs, stage: str, blob: str, kind: str, records: np.dtype[np.void], shard: int
) -> NDArray[np.void]:
    """Read the records of one shard out of a fit's file, by place."""
    spans = inputs.table(stage, "spans")
    mine = spans.filter(pc.and_(pc.equal(spans["kind"], kind), pc.equal(spans["shard"], shard)))
    if not mine.num_rows or not mine["rows"][0].as_py():
        return np.zeros(0, dtype=records)
    start, rows = (mine[name][0].as_py() for name in ("start", "rows"))
    with inputs.blob(stage, blob) as file:
        file.seek(start * records.itemsize)
        return np.frombuffer(file.read(rows * records.itemsize), dtype=records)
