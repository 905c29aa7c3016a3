"""open_clip's models behind the same protocol: a tiny CLIP with random weights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import encoder_open_clip
from realsyn_tasks.models._torchvision import import_torchvision
from tests.models import support
from tests.models.support import drawing

TEXTS = ["a dog", "a cat on a mat", "", "word " * 300, "a ship"]


def load(checkpoint: Path, **options: Any) -> Any:
    options = {"model": f"local-dir:{checkpoint}"} | options
    return support.load("encoder", "open_clip", checkpoint.parent / "cache", **options)


@pytest.mark.parametrize("name", ["tiny_clip", "tiny_siglip", "tiny_eva"])
@pytest.mark.parametrize("precision", ["amp_bf16", "bf16", "fp16"])
def test_reduced_precision_is_close(
    name: str, precision: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(name)
    full, reduced = load(folder), load(folder, precision=precision)
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


@pytest.mark.parametrize(("tag", "quick"), [("openai", True), ("datacomp_xl_s13b_b90k", False)])
def test_weights_are_run_with_the_gelu_that_they_were_taught_with(
    tag: str, quick: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """open_clip's ViT-L-14 has the exact one, and OpenAI's weights of it want the other."""
    import_torchvision()
    import open_clip

    told: dict[str, Any] = {}

    def opened(name: str, **said: Any) -> None:
        told.update(said)
        raise InterruptedError

    monkeypatch.setattr(open_clip, "create_model_from_pretrained", opened)
    monkeypatch.setattr(encoder_open_clip, "_check_tag", lambda options, cache: None)
    options = encoder_open_clip.OpenClipEncoder.Options(model="ViT-L-14", pretrained=tag)
    with pytest.raises(InterruptedError):
        encoder_open_clip._open(options, tmp_path, "cpu")
    assert told["force_quick_gelu"] is quick


TOWERS = ("tiny_clip", "tiny_siglip", "tiny_eva")


@pytest.mark.parametrize("name", TOWERS)
def test_every_kind_of_tower_gives_what_open_clip_gives(
    name: str, request: pytest.FixtureRequest
) -> None:
    """Texts are cut to the longest of a batch only where that changes nothing."""
    import torch

    folder: Path = request.getfixturevalue(name)
    model, preprocess, tokenize = of_open_clip(folder)
    images = [drawing(seed, (120 - 7 * seed, 90)) for seed in range(5)]
    with torch.inference_mode():
        seen = model.encode_image(torch.stack([preprocess(image) for image in images]))
        read = model.encode_text(tokenize(TEXTS))
    encoder = load(folder, batch_size=2)
    np.testing.assert_allclose(encoder.encode_images(images), unit(seen), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), unit(read), atol=1e-5)


@pytest.mark.parametrize(("name", "cut"), zip(TOWERS, (True, False, True), strict=True))
def test_no_more_tokens_are_read_than_a_batch_has(
    name: str, cut: bool, request: pytest.FixtureRequest
) -> None:
    from realsyn_tasks.models.clip_texts import TextTower

    model, _, tokenize = of_open_clip(request.getfixturevalue(name))
    lengths = [part.tokens.shape[1] for part in TextTower(model, tokenize).batches(TEXTS, 2)]
    assert lengths == ([4, 7, 77] if cut else [77, 77, 77])
    stepped = [part.tokens.shape[1] for part in TextTower(model, tokenize, 16).batches(TEXTS, 2)]
    assert stepped == ([16, 16, 77] if cut else [77, 77, 77])


def of_open_clip(folder: Path) -> tuple[Any, Any, Any]:
    import_torchvision()
    import open_clip

    name = f"local-dir:{folder}"
    model, preprocess = open_clip.create_model_from_pretrained(name)
    return model.eval(), preprocess, open_clip.get_tokenizer(name)


def unit(rows: Any) -> np.ndarray:
    length: np.ndarray = (rows / rows.norm(dim=-1, keepdim=True)).numpy()
    return length


def test_pixels_have_the_bits_of_open_clip_s_own_preprocessing(tiny_clip: Path) -> None:
    import torch

    from realsyn_tasks.models.clip_pixels import Preprocessing

    _, preprocess, _ = of_open_clip(tiny_clip)
    images = [drawing(seed, (120, 70 + 9 * seed)) for seed in range(4)]
    pixels = Preprocessing(preprocess, "cpu", "fp32")
    with ThreadPoolExecutor(3) as pool:
        [batch] = pixels.batches([partial(Image.Image.copy, image) for image in images], 8, pool)
        floats = pixels.floats(batch.ready())
    assert torch.equal(floats, torch.stack([preprocess(image) for image in images]))


def test_pictures_are_decoded_while_others_are_encoded(tiny_clip: Path) -> None:
    encoder = load(tiny_clip, batch_size=2, workers=2)
    images = [drawing(seed) for seed in range(9)]
    opened: list[int] = []

    def picture(number: int) -> Image.Image:
        opened.append(number)
        return images[number]

    parts = encoder.encode_pictures(partial(picture, number) for number in range(9))
    first = next(parts)
    assert len(first) == 2
    assert len(opened) > 2
    together = np.concatenate([first, *parts])
    np.testing.assert_allclose(together, encoder.encode_images(images), atol=1e-5)


def test_a_picture_that_cannot_be_decoded_is_told_as_what_it_is(tiny_clip: Path) -> None:
    def broken() -> Image.Image:
        raise OSError("cut in the middle")

    pictures = [partial(drawing, 1), broken, partial(drawing, 2)]
    with pytest.raises(OSError, match="cut in the middle"):
        list(load(tiny_clip).encode_pictures(pictures))


def test_a_crawl_s_words_are_not_all_remembered(
    tiny_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from realsyn_tasks.models import clip_texts

    model, _, tokenize = of_open_clip(tiny_clip)
    monkeypatch.setattr(clip_texts, "WORDS_KEPT", 5)
    tower = clip_texts.TextTower(model, tokenize)
    texts = [f"word{number} <end_of_text> other{number}" for number in range(20)]
    before = [part.tokens.tolist() for part in tower.batches(texts, 4)]
    assert len(tokenize.cache) < 10
    assert [part.tokens.tolist() for part in tower.batches(texts, 4)] == before
