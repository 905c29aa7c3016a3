"""How right answers of classification become a set's metric: its plain mean over the items.

So whoever averages, or draws items anew for an interval, needs not know which metric a set has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.core.errors import ConfigError


@dataclass(frozen=True)
class Guesses:
    """What a model says of each item: the label, and by how much the later of two is preferred."""

    labels: Sequence[tuple[str, ...]]  # several where they tie
    margins: NDArray[np.float64] | None = None  # of two classes, sorted by label


def guesses(classes: Sequence[str], scores: NDArray[np.floating]) -> Guesses:
    """Take the best of (n, classes) scores."""
    best = scores == scores.max(axis=1, keepdims=True)
    labels = [tuple(classes[place] for place in np.flatnonzero(row)) for row in best]
    if len(classes) != 2:
        return Guesses(labels)
    first, second = np.argsort(np.array(classes))
    return Guesses(labels, scores[:, second].astype(np.float64) - scores[:, first])


def marks(metric: str, right: Sequence[str], said: Guesses) -> NDArray[np.float64]:
    """Give a mark for each item; NaN for those that do not count.

    accuracy        1 or 0; where labels tie, one in so many if the right one is among them
    mean_per_class  the same, weighted so that every class counts alike
    roc_auc         of items of the second of two classes: the share of the others that is below
                    them, ties half (hateful memes, paper §4.2 after SLIP)
    """
    if metric == "roc_auc":
        return _above_others(right, said)
    pairs = zip(right, said.labels, strict=True)
    hits = np.array([(truth in tied) / max(1, len(tied)) for truth, tied in pairs], np.float64)
    if metric != "mean_per_class":
        return hits
    sizes = Counter(right)
    weights = [len(right) / (len(sizes) * sizes[label]) for label in right]
    weighted: NDArray[np.float64] = hits * np.array(weights)
    return weighted


def _above_others(right: Sequence[str], said: Guesses) -> NDArray[np.float64]:
    classes = sorted(set(right))
    if said.margins is None or len(classes) != 2:
        raise ConfigError(
            f"roc_auc needs exactly two classes, and there are {len(classes)}: give the evaluation"
            " set another metric"
        )
    positive = np.array(right) == classes[1]
    below = np.sort(said.margins[~positive])
    places = [np.searchsorted(below, said.margins, side) for side in ("left", "right")]
    return np.where(positive, (places[0] + places[1]) / 2 / len(below), np.nan)
