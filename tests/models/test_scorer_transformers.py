"""An image scorer is any image classification checkpoint: here a tiny one with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.core.errors import ConfigError
from tests.models import support
from tests.models.support import drawing


def load(checkpoint: Path, **options: Any) -> Any:
    options = {"checkpoint": str(checkpoint)} | options
    return support.load("image_scorer", "transformers", checkpoint.parent / "cache", **options)


def test_labels_share_all_probability(tiny_scorer: Path) -> None:
    images = [drawing(seed, mode="RGBA" if seed % 2 else "RGB") for seed in range(5)]
    parts = [load(tiny_scorer, labels=[name])(images) for name in ("normal", "nsfw", "drawing")]
    assert parts[0].shape == (5,)
    assert np.sum(parts, axis=0) == pytest.approx(np.ones(5))
    assert np.std(parts[1]) > 0  # the pictures are looked at
    both = load(tiny_scorer, labels=["nsfw", "drawing"])(images)
    assert both == pytest.approx(parts[1] + parts[2])


def test_an_unknown_label_is_refused_with_those_there_are(tiny_scorer: Path) -> None:
    with pytest.raises(ConfigError, match="no label porn; it has drawing, normal, nsfw"):
        load(tiny_scorer, labels=["porn"])
