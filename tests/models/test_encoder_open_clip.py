"""open_clip's models behind the same protocol: a tiny CLIP with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models._torchvision import import_torchvision
from tests.models import support
from tests.models.support import drawing

TEXTS = ["a dog", "a cat on a mat", "", "word " * 300, "a ship"]


def load(checkpoint: Path, **options: Any) -> Any:
    options = {"model": f"local-dir:{checkpoint}"} | options
    return support.load("encoder", "open_clip", checkpoint.parent / "cache", **options)


def test_vectors_are_open_clip_s_own(tiny_clip: Path) -> None:
    import torch

    import_torchvision()
    import open_clip

    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{tiny_clip}")
    images = [drawing(seed) for seed in range(3)]
    with torch.inference_mode():
        wanted = model.eval().encode_image(
            torch.stack([preprocess(image) for image in images]), normalize=True
        )
    found = load(tiny_clip).encode_images(images)
    np.testing.assert_allclose(found, wanted.numpy(), atol=1e-5)


@pytest.mark.parametrize("precision", ["amp_bf16", "bf16"])
def test_reduced_precision_is_close(tiny_clip: Path, precision: str) -> None:
    full, reduced = load(tiny_clip), load(tiny_clip, precision=precision)
    assert reduced.identity != full.identity
    similar = (full.encode_images([drawing(1)]) * reduced.encode_images([drawing(1)])).sum()
    assert 0.98 < similar < 1.0
    assert (full.encode_texts(TEXTS) * reduced.encode_texts(TEXTS)).sum(axis=1).min() > 0.98


def test_an_architecture_with_a_local_checkpoint(tiny_clip: Path) -> None:
    import_torchvision()
    import open_clip

    open_clip.add_model_config(tiny_clip / "tiny.json")
    weights = tiny_clip / "open_clip_pytorch_model.bin"
    encoder = load(tiny_clip, model="tiny", pretrained=str(weights))
    assert encoder.encode_texts(TEXTS).shape == (len(TEXTS), 24)
    assert encoder.identity.startswith("open_clip-tiny-open_clip_pytorch_model-")


def test_the_identity_follows_the_weights_not_the_place(tiny_clip: Path, tmp_path: Path) -> None:
    moved = tmp_path / tiny_clip.name
    moved.mkdir()
    for file in tiny_clip.iterdir():
        (moved / file.name).write_bytes(file.read_bytes())
    assert load(moved).identity == load(tiny_clip).identity


def test_transparency_counts_as_white(tiny_clip: Path) -> None:
    clear = Image.new("RGBA", (40, 40), (200, 0, 0, 0))
    white = Image.new("RGB", (40, 40), "white")
    encoder = load(tiny_clip)
    np.testing.assert_array_equal(encoder.encode_images([clear]), encoder.encode_images([white]))


def test_weights_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"name its weights .* openai, laion"):
        load(tmp_path, model="ViT-B-32")


@pytest.mark.parametrize(
    "options", [{"model": "local-dir:nowhere"}, {"model": "x", "pretrained": "y"}]
)
def test_what_does_not_exist_is_a_config_error(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="encoder open_clip"):
        load(tmp_path, **options)
