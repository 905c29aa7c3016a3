"""How likely a candidate fits, from what retrieval knows of it.

A logistic regression over few features, fitted to candidates that were retrieved: known pairs
against random ones would say of every candidate that it is right. What it estimates is what it was
fitted to: judgements, or being of the image's own document, which is not being right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import chunks

FEATURES = ("cosine", "height", "hubness", "reranked", "rerank")
COLUMNS = ["image_id", "score", "adjusted", "rerank"]
DIGITS = 6  # of what is stored, so that the last bits of a machine do not count
RIDGE = 1.0  # on standardised coefficients; keeps those of what never varies at 0
STEPS = 50


def features(candidates: pa.Table) -> np.ndarray:
    """Give the features of all candidates of some images, in any order; (n, 5) float64.

    The cosine of the query that was used; how far it lies above the mean of the image's
    candidates; the penalty for hubs; whether there is a cross-encoder's score, and that score.
    """
    scores = candidates["score"].to_numpy().astype(np.float64)
    rerank = candidates["rerank"].to_numpy(zero_copy_only=False).astype(np.float64)
    asked = ~np.isnan(rerank)
    columns = [
        scores,
        scores - _means_of_images(candidates["image_id"], scores),
        scores - candidates["adjusted"].to_numpy(),
        asked.astype(np.float64),
        np.where(asked, rerank, 0.0),
    ]
    return np.stack(columns, axis=1)


def _means_of_images(images: pa.ChunkedArray, scores: np.ndarray) -> np.ndarray:
    codes = chunks.codes_of(images)
    sums, counts = np.bincount(codes, scores), np.bincount(codes)
    means: np.ndarray = (sums / np.maximum(counts, 1))[codes]
    return means


@dataclass(frozen=True)
class Likelihood:
    """A fitted regression over FEATURES."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    coefficients: tuple[float, ...]  # of standardised features
    intercept: float

    def of(self, rows: np.ndarray) -> np.ndarray:
        """Estimate the probabilities of (n, 5) features; (n,) float32, rounded as it is stored."""
        scaled = (rows - np.array(self.means)) / np.array(self.scales)
        logits = scaled @ np.array(self.coefficients) + self.intercept
        estimates: np.ndarray = np.round(_sigmoid(logits), 4).astype(np.float32)
        return estimates


def fit(rows: np.ndarray, truth: np.ndarray) -> Likelihood:
    """Fit to (n, 5) features and (n,) truth of both kinds, by Newton's method."""
    means, scales = rows.mean(axis=0), rows.std(axis=0)
    scales = np.where(scales > 1e-9, scales, 1.0)
    design = np.column_stack([np.ones(len(rows)), (rows - means) / scales])
    ridge = np.diag([0.0] + [RIDGE] * rows.shape[1])
    share = float(truth.mean())
    weights = np.zeros(design.shape[1])
    weights[0] = np.log(share / (1 - share))
    for _ in range(STEPS):
        estimates = _sigmoid(design @ weights)
        slope = design.T @ (truth - estimates) - ridge @ weights
        curvature = (design * (estimates * (1 - estimates))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature, slope)
        weights = weights + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return Likelihood(_stored(means), _stored(scales), _stored(weights[1:]), _stored(weights)[0])


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    odds: np.ndarray = np.exp(-np.clip(logits, -40, 40))
    return 1.0 / (1.0 + odds)


def _stored(values: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(value), DIGITS) for value in values)
