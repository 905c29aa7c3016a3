"""Seeded hashes as random order: stable across machines, library versions and batches.

An item's hash depends on its id and the seed alone, so samples drawn by it are nested (a smaller
sample is part of a larger one) and can be drawn shard by shard.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.vectors.scan import Hashes, Rows


def hash_order(ids: Iterable[str] | NDArray[Any], seed: int) -> Hashes:
    """A uniform uint64 for each id (text, or an array of fixed bytes or text); (n,).

    Text and its UTF-8 bytes hash alike. The seed is any integer of 64 bits.
    """
    salt = (seed % 2**64).to_bytes(16, "little")
    items: Iterable[Any] = ids.tolist() if isinstance(ids, np.ndarray) else ids
    salted = blake2b(digest_size=8, salt=salt).copy  # half the time of making each from the salt

    def digest_of(item: str | bytes) -> bytes:
        hashed = salted()
        hashed.update(item if isinstance(item, bytes) else item.encode())
        return hashed.digest()

    return np.frombuffer(b"".join(map(digest_of, items)), dtype="<u8").astype(np.uint64)


def row_order(count: int, seed: int) -> Hashes:
    """A seeded uint64 for each of the rows 0 .. count - 1 (splitmix64); all differ."""
    steps = np.arange(1, count + 1, dtype=np.uint64)
    return mixed(np.uint64(seed % 2**64) + steps * np.uint64(0x9E3779B97F4A7C15))


def mixed(state: Hashes) -> Hashes:
    """Hash numbers of 64 bits (the last steps of splitmix64); different ones stay different."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    hashes: Hashes = state ^ (state >> np.uint64(31))
    return hashes


def within(hashes: Hashes, wanted: int, total: int) -> NDArray[np.bool_]:
    """Which of some items are among about ``wanted`` of ``total``, by their hashes alone; (n,)."""
    limit = wanted / max(total, 1) * 2.0**64
    chosen: NDArray[np.bool_] = hashes <= limit - np.uint64(1)
    return chosen


def bottom_k(hashes: Hashes, k: int) -> Rows:
    """Rows of the k smallest hashes (all, if there are fewer), in order of hash, then of row.

    A smaller k gives a prefix of a larger one.
    """
    if k < 0:
        raise ValueError(f"k must not be negative, got {k}")
    if k < len(hashes):
        cut = np.partition(hashes, k)[k]
        rows = np.flatnonzero(hashes <= cut)
    else:
        rows = np.arange(len(hashes))
    return rows[np.argsort(hashes[rows], kind="stable")][:k]


def bottom_k_of(pieces: Iterable[Hashes], k: int) -> Rows:
    """Rows of ``bottom_k`` in pieces that follow one another; holds k hashes and one piece."""
    kept, rows, first = np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64), 0
    for piece in pieces:
        here = np.flatnonzero(piece < kept[-1]) if 0 < k == len(kept) else np.arange(len(piece))
        hashes, places = np.append(kept, piece[here]), np.append(rows, first + here)
        best = bottom_k(hashes, k)
        kept, rows, first = hashes[best], places[best], first + len(piece)
    return rows
