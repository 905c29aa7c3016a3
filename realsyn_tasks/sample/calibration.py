"""From which share of text on a picture becomes one of text, by examples of what is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL.Image import Image

from realsyn_tasks.models.protocols import TextDetector
from realsyn_tasks.vectors.thresholds import COINCIDENCES, by_drop_rate, dropping, quantiles


@dataclass(frozen=True)
class TextArea:
    """Above which share of its area in lines of text a picture goes, and what wanted ones have."""

    max_text_area: float
    wanted: tuple[float, ...]  # of wanted pictures, 50, 95, 99, 100 %
    by_drop_rate: dict[str, float]

    @property
    def stages(self) -> dict[str, dict[str, Any]]:
        """The settings as include/models has them."""
        return {"filter_pairs": {"max_text_area": self.max_text_area}}


def calibrate_text_area(
    detector: TextDetector, images: Sequence[Image], drop_rate: float = COINCIDENCES
) -> TextArea:
    """Propose the share that about `drop_rate` of wanted pictures reach.

    It bounds what is lost, and says nothing of what is found: pictures of text are not asked for.
    """
    if not images:
        raise ValueError("give at least one image to calibrate with")
    areas = np.asarray(detector.cover(images), dtype=np.float64)
    return TextArea(
        max_text_area=dropping(areas, drop_rate),
        wanted=quantiles(areas, 50, 95, 99, 100),
        by_drop_rate=by_drop_rate(areas),
    )
