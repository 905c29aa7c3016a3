"""What fitting lists and keeping them have in common: a sample of sentences, and their balance."""

from __future__ import annotations

import numpy as np

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.vectors import hash_order, kmeans


def count(inputs: Inputs) -> int:
    """Count the sentences of the corpus."""
    return sum(table.num_rows for _, table in inputs.stream("corpus", "sentences", ["words"]))


def sample(inputs: Inputs, wanted: int, total: int, seed: int) -> np.ndarray:
    """Draw the sentences whose seeded hash is small: about `wanted`, in order of id; (n, d)."""
    limit = wanted / max(total, 1) * 2.0**64
    picked: list[np.ndarray] = []
    names: list[str] = []
    for _, table in inputs.stream("corpus", "sentences", ["sentence_id", "embedding"]):
        identities = table["sentence_id"].to_pylist()
        chosen = np.flatnonzero(hash_order.hash_order(identities, seed) <= limit - np.uint64(1))
        if len(chosen):
            picked.append(tables.vectors_of(table)[chosen])
            names.extend(identities[row] for row in chosen)
    if not picked:
        raise PermanentError(f"the sample of {total} sentences is empty; is the corpus empty?")
    found: np.ndarray = np.concatenate(picked)[np.argsort(names)]
    return found


def imbalance(vectors: np.ndarray, centroids: np.ndarray) -> float:
    """Say how much more work lists like these are than lists of one length; 1.0 is perfect."""
    labels = kmeans.assign(vectors, centroids)
    return kmeans.imbalance(np.bincount(labels, minlength=len(centroids)))
