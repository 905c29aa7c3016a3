"""Which images a full sentence still serves, and which texts an image takes under such limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import chunks

COLUMNS = ["image_id", "key", "score", "choice"]  # of candidates, that limits are applied to
FULL = ["key", "last_score", "last_image"]  # of full sentences, that limits are made of


@dataclass(frozen=True, eq=False)
class Limits:
    """Of each sentence that is full, the last image that may have it: score first, then id."""

    keys: np.ndarray  # (n,) uint64, ascending
    scores: np.ndarray  # (n,) float32
    images: pa.ChunkedArray  # (n,) of string

    @staticmethod
    def of(hubs: pa.Table) -> Limits:
        """Read FULL of the table that cap_hubs gives."""
        hubs = chunks.ordered(hubs.select(FULL), ["key"])
        return Limits(hubs["key"].to_numpy(), hubs["last_score"].to_numpy(), hubs["last_image"])

    def allow(self, candidates: pa.Table) -> np.ndarray:
        """Say which candidates' sentences have room for their image; (n,) bool."""
        keys, scores = candidates["key"].to_numpy(), candidates["score"].to_numpy()
        if not len(self.keys):
            return np.ones(len(keys), dtype=bool)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        full = self.keys[place] == keys
        room: np.ndarray = ~full | (scores > self.scores[place])
        ties = np.flatnonzero(full & (scores == self.scores[place]))
        names = chunks.taken_column(candidates["image_id"], ties).to_pylist()
        last = chunks.taken_column(self.images, place[ties]).to_pylist()
        room[ties] = [name <= limit for name, limit in zip(names, last, strict=True)]
        return room


def taken(candidates: pa.Table, limits: Limits, texts: int) -> np.ndarray:
    """Give the rows that images take: of each, its first choices that have room for it."""
    choices = candidates["choice"].to_numpy()
    rows = np.flatnonzero((choices > 0) & limits.allow(candidates))
    codes = chunks.codes_of(chunks.taken_column(candidates["image_id"], rows))
    order = np.lexsort((choices[rows], codes))
    taken_rows: np.ndarray = rows[order][positions(codes[order]) <= texts]
    return taken_rows


def positions(values: np.ndarray) -> np.ndarray:
    """Number the places in each run of equal neighbours from 1; (n,) int64."""
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])
    lengths = np.diff(np.append(first, len(values)))
    numbers: np.ndarray = np.arange(len(values)) - np.repeat(first, lengths) + 1
    return numbers
