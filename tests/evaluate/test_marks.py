"""A set's metric is the plain mean of its marks."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate.marks import Guesses, guesses, marks

RIGHT = ["cat"] * 6 + ["dog"] * 3 + ["owl"]


def one(labels: list[str]) -> Guesses:
    """One label of each item."""
    return Guesses([(label,) for label in labels])


def test_accuracy_is_the_share_that_is_right() -> None:
    said = one(["cat"] * 10)
    assert marks("accuracy", RIGHT, said).mean() == pytest.approx(0.6)


def test_whoever_cannot_tell_two_labels_is_half_right_with_either() -> None:
    said = guesses(["cat", "dog", "owl"], np.array([[1.0, 1.0, 0.0]] * 3))
    assert marks("accuracy", ["cat", "dog", "owl"], said).tolist() == [0.5, 0.5, 0.0]


def test_mean_per_class_counts_each_class_alike() -> None:
    labels = ["cat"] * 7 + ["dog"] * 2 + ["owl"]
    wanted = balanced_accuracy_score(RIGHT, labels)
    assert marks("mean_per_class", RIGHT, one(labels)).mean() == pytest.approx(wanted)


def test_roc_auc_is_the_mean_over_the_later_of_two_classes() -> None:
    chance = np.random.default_rng(1)
    right = [["a", "b"][n] for n in chance.integers(2, size=80)]
    scores = chance.normal(size=(80, 2)).round(1)  # some ties
    said = guesses(["b", "a"], scores)
    margins = scores[:, 0] - scores[:, 1]
    given = marks("roc_auc", right, said)
    assert np.nanmean(given) == pytest.approx(roc_auc_score(right, margins))
    assert np.isnan(given).sum() == right.count("a")


def test_roc_auc_of_more_than_two_classes_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs exactly two classes, and there are 3"):
        marks("roc_auc", RIGHT, one(RIGHT))
