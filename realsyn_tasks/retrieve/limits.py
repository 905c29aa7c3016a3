"""Which images a full sentence still serves, and which texts an image takes under such limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

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
        hubs = hubs.select(FULL).sort_by("key")
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
        names = candidates["image_id"].take(pa.array(ties)).to_pylist()
        last = self.images.take(pa.array(place[ties])).to_pylist()
        room[ties] = [name <= limit for name, limit in zip(names, last, strict=True)]
        return room


def taken(candidates: pa.Table, limits: Limits, texts: int) -> np.ndarray:
    """Give the rows that images take: of each, its first choices that have room for it."""
    choices = candidates["choice"].to_numpy()
    rows = np.flatnonzero((choices > 0) & limits.allow(candidates))
    images = candidates["image_id"].take(pa.array(rows)).combine_chunks()
    codes = images.dictionary_encode().indices.to_numpy()
    order = np.lexsort((choices[rows], codes))
    taken_rows: np.ndarray = rows[order][positions(codes[order]) <= texts]
    return taken_rows


def positions(values: np.ndarray) -> np.ndarray:
    """Number the places in each run of equal neighbours from 1; (n,) int64."""
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1])) if len(values) else values
    lengths = np.diff(np.append(first, len(values)))
    numbers: np.ndarray = np.arange(len(values)) - np.repeat(first, lengths) + 1
    return numbers
