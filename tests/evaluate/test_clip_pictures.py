"""The part of a picture that a model in training sees."""

from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.evaluate.clip_lessons import Lesson
from realsyn_tasks.evaluate.clip_pictures import part, seen
from tests.evaluate import clips

RED = clips.picture("red", 1)


def test_parts_are_as_large_as_wanted_and_lie_within() -> None:
    chance = np.random.default_rng(1)
    for _ in range(200):
        left, top, right, bottom = part((300, 200), (0.5, 0.9), (0.8, 1.25), chance)
        assert 0 <= left < right <= 300
        assert 0 <= top < bottom <= 200
        assert 0.48 < (right - left) * (bottom - top) / 60_000 < 0.92
        assert 0.78 < (right - left) / (bottom - top) < 1.28


def test_of_a_picture_that_no_part_fits_the_middle_is_seen() -> None:
    box = part((1000, 100), (0.9, 1.0), (0.8, 1.25), np.random.default_rng(1))
    assert box == (437.5, 0, 562.5, 100)


def test_what_is_seen_depends_on_seed_epoch_and_key() -> None:
    training = clips.training()
    first = seen(Lesson("a", 0, RED, ""), (32, 24), training, 1)
    assert first.size == (32, 24)
    assert first.mode == "RGB"
    again = seen(Lesson("a", 0, RED, ""), (32, 24), training, 1)
    assert first.tobytes() == again.tobytes()
    others = [Lesson("b", 0, RED, ""), Lesson("a", 1, RED, "")]
    assert all(seen(x, (32, 24), training, 1).tobytes() != first.tobytes() for x in others)


def test_a_picture_that_cannot_be_decoded_is_named() -> None:
    with pytest.raises(PermanentError, match="picture of pair a cannot be decoded"):
        seen(Lesson("a", 0, RED[:40], ""), (32, 24), clips.training(), 1)
