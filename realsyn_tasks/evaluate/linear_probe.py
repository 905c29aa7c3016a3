"""A linear probe: logistic regression on frozen features (paper §4.2, Table 8; CLIP's recipe).

How strong its weights are held down is chosen on a part of what it learns from, never on the test.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.evaluate.marks import Guesses, guesses

Features = NDArray[np.float32]


def probe(
    train: Features,
    labels: Sequence[str],
    test: Features,
    strengths: Sequence[float],
    held_out: float,
    seed: int,
) -> tuple[Guesses, float]:
    """Learn from (n, d) features and labels; give what is said of the test's, and the C chosen.

    Of equally good values of C the smallest is taken. With too few items of a class to hold any
    out, or one value of C, the middle one is taken.
    """
    chosen = choose_strength(train, labels, strengths, held_out, seed)
    model = _fitted(train, labels, chosen)
    return guesses([str(name) for name in model.classes_], _scores(model, test)), chosen


def choose_strength(
    train: Features, labels: Sequence[str], strengths: Sequence[float], held_out: float, seed: int
) -> float:
    """Give the C that is best on a part of the items, drawn by the seed and as classes are."""
    from sklearn.model_selection import train_test_split

    ordered = sorted(strengths)
    names = np.array(labels)
    counts = np.unique(names, return_counts=True)[1]
    kept_out = int(np.ceil(held_out * len(names)))
    if len(ordered) == 1 or counts.min() < 2 or kept_out < len(counts):
        return ordered[len(ordered) // 2]
    rows, others = train_test_split(
        np.arange(len(names)), test_size=kept_out, random_state=seed, stratify=names
    )
    right = [
        float(_fitted(train[rows], names[rows], each).score(train[others], names[others]))
        for each in ordered
    ]
    return ordered[int(np.argmax(right))]


def _fitted(features: Features, labels: Any, strength: float) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # CLIP's recipe ends there, too
        return model.fit(features, np.array(labels))


def _scores(model: Any, features: Features) -> NDArray[np.floating]:
    """Give (n, classes); of two classes scikit-learn tells the second's alone."""
    scores: NDArray[np.floating] = model.decision_function(features)
    return np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores
