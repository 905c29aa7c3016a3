"""A linear probe on features that are easy or hard to part."""

from __future__ import annotations

import numpy as np

from realsyn_tasks.evaluate.linear_probe import choose_strength, probe

CHANCE = np.random.default_rng(1)
LABELS = [["a", "b", "c"][n % 3] for n in range(90)]


def features(noise: float, count: int = 90) -> np.ndarray:
    rows = np.eye(3, 8, dtype=np.float32)[[n % 3 for n in range(count)]]
    return rows + CHANCE.normal(scale=noise, size=rows.shape).astype(np.float32)


def test_what_can_be_parted_is_told_apart() -> None:
    said, chosen = probe(features(0.1), LABELS, features(0.1, 30), (0.01, 1.0, 100.0), 0.2, 0)
    assert [*said.labels] == [(label,) for label in LABELS[:30]]
    assert chosen == 0.01, "the smallest of equally good ones"


def test_weights_are_held_down_where_features_are_noise() -> None:
    noisy = np.concatenate([features(1.0), CHANCE.normal(size=(90, 60)).astype(np.float32)], axis=1)
    assert choose_strength(noisy, LABELS, (1e-3, 1e-2, 1e4), 0.3, 0) < 1e4


def test_with_too_few_items_to_hold_out_the_middle_is_taken() -> None:
    few = features(0.1, 4)
    assert choose_strength(few, LABELS[:4], (0.1, 1.0, 10.0), 0.2, 0) == 1.0


def test_of_two_classes_both_have_scores() -> None:
    two = [["x", "y"][n % 2] for n in range(40)]
    rows = np.array([[1, 0], [0, 1]] * 20, dtype=np.float32)
    said, _ = probe(rows, two, rows, (1.0,), 0.2, 0)
    assert [*said.labels] == [(label,) for label in two]
    assert said.margins is not None
    assert (said.margins[1::2] > said.margins[::2]).all()
