"""A captioner is any image-to-text checkpoint: here a tiny one with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from tests.models import support
from tests.models.support import drawing


def load(checkpoint: Path, **options: Any) -> Any:
    options = {"checkpoint": str(checkpoint)} | options
    return support.load("captioner", "transformers", checkpoint.parent / "cache", **options)


def test_one_caption_per_image_on_one_line(tiny_captioner: Path) -> None:
    images = [drawing(seed, mode="RGBA" if seed % 2 else "RGB") for seed in range(5)]
    captions = load(tiny_captioner, batch_size=2).caption(images)
    assert len(captions) == 5
    assert all(caption == " ".join(caption.split()) for caption in captions)
    assert len(set(captions)) > 1  # the pictures are looked at


def test_a_checkpoint_that_is_not_there_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="captioner transformers: no/such-model is no folder"):
        load(Path("no/such-model"))
