"""open_clip's models behind the same protocol: a tiny CLIP with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models._torchvision import import_torchvision
from tests.models import support
from tests.models.test_encoder_conse import drawing

TEXTS = ["a dog", "a cat on a mat", "", "word " * 300, "a ship"]
CONFIG = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as open_clip saves it: configuration and weights."""
    import torch

    import_torchvision()
    import open_clip

    folder = tmp_path_factory.mktemp("tiny-clip")
    torch.manual_seed(0)
    mean, std = [0.5, 0.5, 0.5], [0.25, 0.25, 0.25]
    told = {"model_cfg": CONFIG, "preprocess_cfg": {"mean": mean, "std": std}}
    (folder / "open_clip_config.json").write_text(json.dumps(told))
    (folder / "tiny.json").write_text(json.dumps(CONFIG))
    torch.save(open_clip.CLIP(**CONFIG).state_dict(), folder / "open_clip_pytorch_model.bin")
    return folder


def load(checkpoint: Path, **options: Any) -> Any:
    options = {"model": f"local-dir:{checkpoint}"} | options
    return support.load("encoder", "open_clip", checkpoint.parent / "cache", **options)


def test_rows_are_float32_and_of_length_one(checkpoint: Path) -> None:
    encoder = load(checkpoint)
    assert encoder.dim == 24
    for rows in (encoder.encode_texts(TEXTS), encoder.encode_images([drawing(1), drawing(2)])):
        assert rows.dtype == np.float32
        assert rows.shape[1] == 24
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_nothing_in_nothing_out(checkpoint: Path) -> None:
    assert load(checkpoint).encode_images([]).shape == (0, 24)
    assert load(checkpoint).encode_texts([]).shape == (0, 24)


def test_vectors_are_open_clip_s_own(checkpoint: Path) -> None:
    import torch

    import_torchvision()
    import open_clip

    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{checkpoint}")
    images = [drawing(seed) for seed in range(3)]
    with torch.inference_mode():
        wanted = model.eval().encode_image(
            torch.stack([preprocess(image) for image in images]), normalize=True
        )
    found = load(checkpoint).encode_images(images)
    np.testing.assert_allclose(found, wanted.numpy(), atol=1e-5)


def test_batches_do_not_matter(checkpoint: Path) -> None:
    small, large = load(checkpoint, batch_size=2), load(checkpoint, batch_size=64)
    images = [drawing(seed) for seed in range(5)]
    np.testing.assert_allclose(small.encode_images(images), large.encode_images(images), atol=1e-6)
    np.testing.assert_allclose(small.encode_texts(TEXTS), large.encode_texts(TEXTS), atol=1e-6)


@pytest.mark.parametrize("precision", ["amp_bf16", "bf16"])
def test_reduced_precision_is_close(checkpoint: Path, precision: str) -> None:
    full, reduced = load(checkpoint), load(checkpoint, precision=precision)
    assert reduced.identity != full.identity
    similar = (full.encode_images([drawing(1)]) * reduced.encode_images([drawing(1)])).sum()
    assert 0.98 < similar < 1.0
    assert (full.encode_texts(TEXTS) * reduced.encode_texts(TEXTS)).sum(axis=1).min() > 0.98


def test_an_architecture_with_a_local_checkpoint(checkpoint: Path) -> None:
    import_torchvision()
    import open_clip

    open_clip.add_model_config(checkpoint / "tiny.json")
    weights = checkpoint / "open_clip_pytorch_model.bin"
    encoder = load(checkpoint, model="tiny", pretrained=str(weights))
    assert encoder.encode_texts(TEXTS).shape == (len(TEXTS), 24)
    assert encoder.identity.startswith("open_clip-tiny-open_clip_pytorch_model-")


def test_the_identity_follows_the_weights_not_the_place(checkpoint: Path, tmp_path: Path) -> None:
    moved = tmp_path / checkpoint.name
    moved.mkdir()
    for file in checkpoint.iterdir():
        (moved / file.name).write_bytes(file.read_bytes())
    assert load(moved).identity == load(checkpoint).identity


def test_transparency_counts_as_white(checkpoint: Path) -> None:
    clear = Image.new("RGBA", (40, 40), (200, 0, 0, 0))
    white = Image.new("RGB", (40, 40), "white")
    encoder = load(checkpoint)
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
