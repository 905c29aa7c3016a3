"""Rows as points of a plane: principal components, then t-SNE; new rows into a plane that stands.

The same rows and settings give the same points on the same kind of CPU: one thread, exact
neighbours, a start from the first two components instead of from chance. t-SNE amplifies the last
bit, so another kind of CPU may draw another map, as good as this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.vectors.scan import Floats, Rows, as_rows, blocks
from realsyn_tasks.vectors.search import exact_search

Points = NDArray[np.float32]  # (n, 2)

FEWEST = 8  # rows: of fewer, their first two components are the map
MANY = 10_000  # points from which forces are interpolated on a grid instead of summed over a tree
FIRST_STEPS, FIRST_EXAGGERATION = 250, 12.0  # of a fit: clusters find their places
PLACING_STEPS, PLACING_NEIGHBOURS, PLACING_PERPLEXITY = 100, 25, 5.0  # openTSNE's for `transform`
TRUSTED_NEIGHBOURS = 15


@dataclass(frozen=True)
class Components:
    """The directions in which rows differ most: (d,) ``mean``, and (d, m) ``axes``."""

    mean: Floats
    axes: Floats

    @classmethod
    def of(cls, rows: Floats, most: int) -> Components:
        """Fit to (n, d) rows; of each axis the largest number is positive."""
        mean = rows.mean(axis=0, dtype=np.float64)
        width = rows.shape[1]
        products = np.zeros((width, width))
        for part in blocks(len(rows), 8192):
            centred = rows[part].astype(np.float64) - mean
            products += centred.T @ centred
        axes = np.linalg.eigh(products)[1]
        kept = axes[:, ::-1][:, : min(most, width, max(1, len(rows) - 1))]
        signs = np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])])
        return cls(as_rows(mean[None])[0], as_rows(kept * signs))

    def project(self, rows: Floats) -> Floats:
        """Give (n, m) coordinates of (n, d) rows."""
        return as_rows((rows - self.mean) @ self.axes)


def explained(rows: Floats, projected: Floats) -> float:
    """Give the share of the variance of (n, d) rows that their (n, m) coordinates hold."""
    whole = float(rows.var(axis=0, dtype=np.float64).sum())
    return float(projected.var(axis=0, dtype=np.float64).sum()) / whole if whole else 1.0


def fitted(rows: Floats, perplexity: float, steps: int) -> tuple[Points, float]:
    """Lay (n, m) rows out in a plane; points (n, 2), and the divergence that is left (KL)."""
    start = _start(rows)
    if len(rows) < FEWEST:
        return as_rows(start), 0.0
    from openTSNE import TSNEEmbedding, nearest_neighbors
    from openTSNE.affinity import PerplexityBasedNN

    perplexity = min(perplexity, (len(rows) - 1) / 3)
    neighbours, distances = _nearest(rows, rows, min(len(rows) - 1, int(3 * perplexity)), own=True)
    known = nearest_neighbors.PrecomputedNeighbors(neighbours, distances)
    affinities = PerplexityBasedNN(perplexity=perplexity, knn_index=known, n_jobs=1)
    made = TSNEEmbedding(start, affinities, n_jobs=1, negative_gradient_method=_method(len(rows)))
    first = {"exaggeration": FIRST_EXAGGERATION, "momentum": 0.5, "learning_rate": "auto"}
    made = made.optimize(FIRST_STEPS, **first)
    made = made.optimize(steps, exaggeration=None, momentum=0.8, learning_rate="auto")
    return np.asarray(made, dtype=np.float32), float(made.kl_divergence)


def placed(rows: Floats, reference: Floats, points: Points) -> Points:
    """Give (n, m) rows their points among (r, m) reference rows, whose points (r, 2) stay."""
    count = min(PLACING_NEIGHBOURS, len(reference))
    neighbours, distances = _nearest(rows, reference, count, own=False)
    start: NDArray[np.float64] = np.median(points[neighbours].astype(np.float64), axis=1)
    if len(reference) < FEWEST or not len(rows):
        return as_rows(start)
    from openTSNE import PartialTSNEEmbedding, TSNEEmbedding
    from openTSNE.affinity import PrecomputedAffinities, joint_probabilities_nn
    from scipy.sparse import identity

    method = _method(len(reference))
    affinities = joint_probabilities_nn(
        neighbours,
        distances,
        [min(PLACING_PERPLEXITY, count / 3)],
        symmetrize=False,
        normalization="point-wise",
        n_reference_samples=len(reference),
    )
    unused = PrecomputedAffinities(identity(len(points), format="csr"))
    standing = TSNEEmbedding(
        points.astype(np.float64), unused, n_jobs=1, negative_gradient_method=method
    )
    made = PartialTSNEEmbedding(
        start, standing, affinities, n_jobs=1, negative_gradient_method=method
    )
    forces = {"learning_rate": 0.1, "exaggeration": 1.5, "momentum": 0.8, "max_grad_norm": 0.25}
    return np.asarray(made.optimize(PLACING_STEPS, **forces), dtype=np.float32)


def trustworthiness(rows: Floats, points: Points) -> float:
    """Say how far neighbours of the plane are neighbours of the rows: 1 is all, 0.5 is chance.

    Venna and Kaski's measure over 15 neighbours; quadratic, so meant for a sample. 1 for few rows.
    """
    if len(rows) < 2 * TRUSTED_NEIGHBOURS + 2:
        return 1.0
    from sklearn.manifold import trustworthiness as measure

    return float(measure(rows, points, n_neighbors=TRUSTED_NEIGHBOURS))


def _method(count: int) -> str:
    return "fft" if count >= MANY else "bh"


def _start(rows: Floats) -> NDArray[np.float64]:
    """The first two components, so small that forces decide."""
    start = np.zeros((len(rows), 2))
    start[:, : min(2, rows.shape[1])] = rows[:, :2]
    spread = float(start[:, 0].std()) if len(rows) else 0.0
    if spread and len(rows) >= FEWEST:
        start *= 1e-4 / spread
    return start


def _nearest(rows: Floats, base: Floats, count: int, own: bool) -> tuple[Rows, NDArray[np.float64]]:
    """The nearest rows of a base by Euclidean distance, and the distances, both (n, count).

    `own`: rows are the base, and no row is its own neighbour.
    """
    ones, half = np.ones((len(rows), 1), np.float32), (base * base).sum(axis=1, keepdims=True) / 2
    asked, held = np.hstack([rows, ones]), np.hstack([base, -half])
    neighbours, _ = exact_search(asked, [held], count + own)
    if own:
        neighbours = _without_itself(neighbours)
    distances = np.empty(neighbours.shape)
    for part in blocks(len(rows), 1024):
        gaps = base[neighbours[part]].astype(np.float64) - rows[part][:, None]
        distances[part] = np.sqrt((gaps * gaps).sum(axis=2))
    return neighbours, distances


def _without_itself(neighbours: Rows) -> Rows:
    """Leave each row out of its own neighbours; the last one where duplicates crowded it out."""
    mine: NDArray[Any] = neighbours == np.arange(len(neighbours))[:, None]
    mine[~mine.any(axis=1), -1] = True
    others: Rows = neighbours[~mine].reshape(len(neighbours), -1)
    return others
