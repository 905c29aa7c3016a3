"""A captioner is any image-to-text checkpoint: here a tiny one with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.checkpoints import transformers_offline
from tests.models import support
from tests.models.test_encoder_conse import drawing


@pytest.fixture(scope="module")
def checkpoint(tiny_tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vision transformer that a GPT-2 looks at, as image captioners are saved."""
    import torch

    hub = transformers_offline()
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    vision = hub.ViTConfig(
        **sizes, image_size=32, patch_size=8, intermediate_size=48, initializer_range=0.5
    )
    text = hub.GPT2Config(
        n_embd=32, n_layer=2, n_head=2, vocab_size=len(tiny_tokenizer), initializer_range=0.5
    )
    config = hub.VisionEncoderDecoderConfig.from_encoder_decoder_configs(vision, text)
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 1, 2, 2
    folder = tmp_path_factory.mktemp("tiny-captioner")
    model = hub.VisionEncoderDecoderModel(config)
    model.generation_config.decoder_start_token_id = 1
    model.generation_config.pad_token_id = model.generation_config.eos_token_id = 2
    model.save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    hub.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def load(checkpoint: Path, **options: Any) -> Any:
    options = {"checkpoint": str(checkpoint)} | options
    return support.load("captioner", "transformers", checkpoint.parent / "cache", **options)


def test_one_caption_per_image_on_one_line(checkpoint: Path) -> None:
    images = [drawing(seed, mode="RGBA" if seed % 2 else "RGB") for seed in range(5)]
    captions = load(checkpoint, batch_size=2).caption(images)
    assert len(captions) == 5
    assert all(caption == " ".join(caption.split()) for caption in captions)
    assert len(set(captions)) > 1  # the pictures are looked at


def test_captions_do_not_depend_on_the_batch(checkpoint: Path) -> None:
    images = [drawing(seed) for seed in range(5)]
    assert load(checkpoint, batch_size=2).caption(images) == load(checkpoint).caption(images)


def test_beams_are_another_model(checkpoint: Path, tmp_path: Path) -> None:
    options = {"checkpoint": str(checkpoint)}
    plain = support.resolved("captioner", "transformers", tmp_path, **options)
    beams = support.resolved("captioner", "transformers", tmp_path, **options, beams=3)
    assert beams.identity != plain.identity
    assert len(load(checkpoint, beams=3).caption([drawing(1)])) == 1


def test_nothing_in_nothing_out(checkpoint: Path) -> None:
    assert load(checkpoint).caption([]) == []


def test_a_checkpoint_that_is_not_there_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="captioner transformers: no/such-model is no folder"):
        load(Path("no/such-model"))
