"""Vectors and oracles that the tests of vectors/ share."""

from __future__ import annotations

import numpy as np

from realsyn_tasks.vectors.scan import Floats, Rows


def unit_rows(count: int, dim: int, seed: int) -> Floats:
    return normalised(np.random.default_rng(seed).standard_normal((count, dim)))


def clustered_rows(count: int, dim: int, topics: int, seed: int, spread: float = 0.5) -> Floats:
    """Rows around ``topics`` directions of unequal popularity."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((topics, dim))
    weights = 1 / np.arange(1, topics + 1)
    choice = rng.choice(topics, size=count, p=weights / weights.sum())
    return normalised(centres[choice] + spread * rng.standard_normal((count, dim)))


def grid_rows(count: int, dim: int, seed: int) -> Floats:
    """Rows with very few distinct values: many exact duplicates and exact ties of score."""
    rng = np.random.default_rng(seed)
    return normalised(rng.integers(0, 2, size=(count, dim)) + np.eye(1, dim))


def normalised(vectors: np.ndarray) -> Floats:
    unit: Floats = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def tree_dot(x: Floats, y: Floats) -> np.float32:
    """The fixed order of additions, one scalar at a time."""
    terms = [np.float32(a * b) for a, b in zip(x, y, strict=True)]
    while len(terms) > 1:
        half = (len(terms) + 1) // 2
        tail = terms[half:]
        terms = [np.float32(a + b) for a, b in zip(terms, tail, strict=False)] + terms[
            len(tail) : half
        ]
    return terms[0]


def all_scores(queries: Floats, base: Floats) -> Floats:
    return np.array([[tree_dot(q, b) for b in base] for q in queries], dtype=np.float32)


def brute_top(scores: Floats, k: int, allowed: np.ndarray | None = None) -> tuple[Rows, Floats]:
    """Best first, ties to the lower row, -1 and -inf where nothing is left."""
    ids = np.full((len(scores), k), -1, dtype=np.int64)
    best = np.full((len(scores), k), -np.inf, dtype=np.float32)
    for number, row in enumerate(scores):
        rows = np.arange(len(row)) if allowed is None else np.flatnonzero(allowed[number])
        order = rows[np.lexsort((rows, -row[rows]))][:k]
        ids[number, : len(order)], best[number, : len(order)] = order, row[order]
    return ids, best
