"""Heads learn what is there to be learnt, and the same from the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from realsyn_tasks.evaluate.heads import Lesson, Training, View, contrast, train

SMALL = Training(steps=60, batch=32, learning_rate=0.02, components=None)


def lesson(count: int = 60) -> tuple[Lesson, np.ndarray]:
    random = np.random.default_rng(0)
    texts = random.standard_normal((count, 6), dtype=np.float32)
    pictures = (texts @ random.standard_normal((6, 10))).astype(np.float32)
    return Lesson(pictures, texts, [[row] for row in range(count)], list(range(count))), texts


def test_a_head_turns_pictures_into_their_texts() -> None:
    given, texts = lesson()
    head = train(given, SMALL, np.random.default_rng(1))
    near = head(given.pictures) @ texts.T / np.linalg.norm(texts, axis=1)
    assert (near.argmax(axis=1) == np.arange(60)).mean() > 0.5  # of 60
    assert head.loss(last=True) < head.loss(last=False) / 2
    assert np.linalg.norm(head(given.pictures), axis=1) == pytest.approx(1, abs=1e-5)


def test_equal_chance_gives_equal_heads() -> None:
    given, _ = lesson()
    ours, again, other = (train(given, SMALL, np.random.default_rng(n)) for n in (1, 1, 2))
    assert np.array_equal(ours.weight, again.weight)
    assert not np.array_equal(ours.weight, other.weight)


def test_every_picture_is_seen_once_an_epoch_with_one_of_its_texts() -> None:
    given = Lesson(np.zeros((6, 1)), np.zeros((9, 1)), [[0], [1], [2, 6], [3, 7, 8], [4], [5]], [])
    batches = given.batches(3, np.random.default_rng(0))
    drawn = [next(batches) for _ in range(400)]
    for (first, _), (second, _) in zip(drawn[::2], drawn[1::2], strict=True):
        assert sorted([*first, *second]) == list(range(6))
    texts = [t for rows, some in drawn for row, t in zip(rows, some, strict=True) if row == 3]
    assert {3, 7, 8} == set(texts)
    assert 0.2 < np.mean([text == 7 for text in texts]) < 0.47


def test_a_lesson_smaller_than_a_batch_is_a_batch() -> None:
    given, _ = lesson(count=5)
    rows, _ = next(given.batches(128, np.random.default_rng(0)))
    assert sorted(rows) == list(range(5))


def test_equal_texts_are_no_strangers() -> None:
    logits = torch.tensor([[9.0, 9.0, 0.0], [9.0, 9.0, 0.0], [0.0, 0.0, 9.0]])
    codes = torch.tensor([1, 1, 2])
    same = codes[:, None] == codes[None, :]
    assert float(contrast(logits, same)) == pytest.approx(2 / 3 * np.log(2), abs=1e-3)
    assert float(contrast(logits, torch.eye(3).bool())) > float(contrast(logits, same)) - 1e-3


def test_a_view_keeps_what_varies_most() -> None:
    random = np.random.default_rng(0)
    hidden = random.standard_normal((200, 3))
    features = (5 + hidden @ random.standard_normal((3, 20))).astype(np.float32)
    seen = View.of(features, 3)(features)
    assert seen.shape == (200, 3)
    whole = View.of(features, None)(features)
    assert whole.shape == (200, 20)
    assert whole.std(axis=0) == pytest.approx(1, abs=1e-3)
    assert (seen**2).sum() == pytest.approx((whole**2).sum(), rel=1e-3)  # nothing is lost
