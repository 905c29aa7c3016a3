"""Classes by their names in several templates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from realsyn_tasks.evaluate.zero_shot import class_vectors, classify

OF = {"a cat": (1, 0), "the cat": (0.6, 0.8), "a dog": (0, 1), "the dog": (-0.6, 0.8)}


def encode(texts: Sequence[str]) -> np.ndarray:
    return np.array([OF[text] for text in texts], dtype=np.float32)


def test_a_class_is_the_mean_of_its_names_and_of_length_one() -> None:
    vectors = class_vectors({"cat": ["a cat", "the cat"], "dog": ["a dog", "the dog"]}, encode)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1])
    assert vectors[0] == pytest.approx(np.array([1.6, 0.8]) / np.hypot(1.6, 0.8))
    pictures = np.array([(1, 0), (0, 1), (0.9, 0.436)], dtype=np.float32)
    said = classify(pictures, ["cat", "dog"], vectors)
    assert list(said.labels) == [("cat",), ("dog",), ("cat",)]
