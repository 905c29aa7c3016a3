"""The text detector tells how much of a picture is text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.models.text_detector_paddle import lines_of, to_pixels
from tests.models import support
from tests.models.contract import lettered
from tests.models.support import drawing


@pytest.fixture(scope="module")
def detector(cache: Path) -> Any:
    return support.load("text_detector", "paddle", cache)


def test_more_text_covers_more(detector: Any) -> None:
    shares = detector.cover(lettered())
    assert shares[0] == 0.0
    assert list(shares) == sorted(set(shares))
    assert 0.02 < shares[1] < 0.15  # the line is 140 x 16 px of 200 x 120


def test_drawings_are_not_taken_for_text(detector: Any) -> None:
    assert max(detector.cover([drawing(seed) for seed in range(5)])) < 0.01


def test_a_region_is_a_line_whichever_way_it_lies() -> None:
    map_of_text = np.zeros((100, 100), dtype=bool)
    map_of_text[10:14, 5:60] = True
    for place in range(40):
        map_of_text[30 + place : 36 + place, 50 + place] = True
    lines = map_of_text.copy()
    map_of_text[60:90, 5:35] = True  # a blot
    assert (lines_of(map_of_text, 4.0) == lines).all()
    assert not lines_of(np.zeros((32, 32), dtype=bool), 4.0).any()


@pytest.mark.parametrize("size", [(1, 1), (3000, 2), (90, 120), (640, 480)])
def test_sides_fit_the_network(size: tuple[int, int]) -> None:
    pixels = to_pixels(Image.new("RGB", size, "red"), 640)
    assert all(side % 32 == 0 and 32 <= side <= 640 for side in pixels.shape[2:])
    assert pixels[0, :, 0, 0].tolist() == [-1.0, -1.0, 1.0]  # blue, green, red
