"""An image scorer is any image classification checkpoint: here a tiny one with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.checkpoints import transformers_offline
from tests.models import support
from tests.models.test_encoder_conse import drawing


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    hub = transformers_offline()
    torch.manual_seed(0)
    config = hub.ViTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        image_size=32,
        patch_size=8,
        initializer_range=0.5,
        id2label={0: "normal", 1: "nsfw", 2: "drawing"},
    )
    folder = tmp_path_factory.mktemp("tiny-scorer")
    hub.ViTForImageClassification(config).save_pretrained(folder)
    hub.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def load(checkpoint: Path, **options: Any) -> Any:
    options = {"checkpoint": str(checkpoint)} | options
    return support.load("image_scorer", "transformers", checkpoint.parent / "cache", **options)


def test_labels_share_all_probability(checkpoint: Path) -> None:
    images = [drawing(seed, mode="RGBA" if seed % 2 else "RGB") for seed in range(5)]
    parts = [load(checkpoint, labels=[name])(images) for name in ("normal", "nsfw", "drawing")]
    assert parts[0].shape == (5,)
    assert np.sum(parts, axis=0) == pytest.approx(np.ones(5))
    assert np.std(parts[1]) > 0  # the pictures are looked at
    both = load(checkpoint, labels=["nsfw", "drawing"])(images)
    assert both == pytest.approx(parts[1] + parts[2])


def test_scores_do_not_depend_on_the_batch(checkpoint: Path) -> None:
    images = [drawing(seed) for seed in range(5)]
    assert load(checkpoint, batch_size=2)(images) == pytest.approx(load(checkpoint)(images))
    assert load(checkpoint)([]).shape == (0,)


def test_an_unknown_label_is_refused_with_those_there_are(checkpoint: Path) -> None:
    with pytest.raises(ConfigError, match="no label porn; it has drawing, normal, nsfw"):
        load(checkpoint, labels=["porn"])
