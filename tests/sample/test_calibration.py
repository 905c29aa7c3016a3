"""The bound on text in pictures loses the share of wanted ones that may be lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.sample.calibration import calibrate_text_area
from realsyn_tasks.sample.filter_pairs import Config


class Widths:
    """Sees as many thousandths of text as a picture is wide."""

    def cover(self, images: Sequence[Any]) -> np.ndarray:
        return np.array([image.width / 1000 for image in images], np.float32)


def test_all_but_the_share_that_may_go_stay() -> None:
    images = [Image.new("RGB", (width, 1)) for width in range(1, 101)]
    found = calibrate_text_area(Widths(), images, 0.05)
    kept = [image.width / 1000 <= found.max_text_area for image in images]
    assert 94 <= sum(kept) <= 96
    assert Config(**found.stages["filter_pairs"]).max_text_area == found.max_text_area
    assert found.wanted[-1] == 0.1
    with pytest.raises(ValueError, match="at least one image"):
        calibrate_text_area(Widths(), [])
