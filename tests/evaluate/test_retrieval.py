"""Ranks of right answers, against a sort of everything."""

from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.evaluate import retrieval
from realsyn_tasks.evaluate.retrieval import best_ranks
from realsyn_tasks.models.sentences import unit_rows

CHANCE = np.random.default_rng(1)


def unit(count: int) -> np.ndarray:
    return unit_rows(CHANCE.normal(size=(count, 8)).astype(np.float32))


def test_ranks_are_those_of_a_sort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "CELLS", 200)  # chunks of four queries
    queries, candidates = unit(30), unit(50)
    right = [sorted(CHANCE.choice(50, 3, replace=False).tolist()) for _ in range(30)]
    ranks = best_ranks(queries, candidates, right)
    for query, own, rank in zip(queries, right, ranks, strict=True):
        order = np.argsort(-(candidates @ query)).tolist()
        assert rank == min(order.index(place) for place in own)


def test_a_model_to_which_all_is_alike_ends_in_the_middle() -> None:
    same = np.ones((5, 1), dtype=np.float32)
    assert best_ranks(same, same, [[n] for n in range(5)]).tolist() == [2.0] * 5


def test_other_right_answers_are_not_in_the_way() -> None:
    queries = np.array([[1, 0]], dtype=np.float32)
    candidates = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert best_ranks(queries, candidates, [[0, 1]]).tolist() == [0.0]
    assert best_ranks(queries, candidates, [[0]]).tolist() == [0.5]
