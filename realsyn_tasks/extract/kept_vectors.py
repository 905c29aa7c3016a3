"""Vectors by place, on the scratch disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.extract.places import Places
from realsyn_tasks.vectors.kmeans import unit

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


class KeptVectors:
    """Rows of float16 in a file, in the order in which they came."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b", buffering=0)
        self._places: list[Places] = []
        self._width = 0  # bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, table: pa.Table) -> None:
        """Append the vectors of a table with places."""
        if table.num_rows:
            vectors = tables.vectors_of(table).astype(np.float16)
            self._width = vectors.shape[1] * vectors.itemsize
            self._places.append(table["place"].to_numpy())
            vectors.tofile(self._file)

    def rows_of(self, places: Places) -> Rows:
        """Give the row of the vector of each place; -1 for none."""
        held = np.concatenate([np.zeros(0, np.uint64), *self._places])
        order = np.argsort(held)
        spots = np.searchsorted(held[order], places)
        rows = np.append(order, -1)[spots]
        known = rows >= 0
        known[known] = held[rows[known]] == places[known]
        return np.where(known, rows, -1)

    def read(self, rows: Rows) -> Floats:
        """Read vectors as (n, d) float32 unit rows."""
        packed = np.empty((len(rows), self._width), dtype=np.uint8)
        for place, row in zip(packed, rows.tolist(), strict=True):
            os.preadv(self._file.fileno(), [place.data], row * self._width)
        # Stored in half precision they are not quite unit: the two of a pair would not tie.
        return unit(packed.view(np.float16).astype(np.float32))
