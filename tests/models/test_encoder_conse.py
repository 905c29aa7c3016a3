"""The embedded encoder: unit rows, the same bits whatever stands beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from realsyn_tasks.models.classifier import SIDE, to_pixels
from realsyn_tasks.models.encoder_conse import mix_classes
from tests.models.support import drawing, load

TEXTS = [
    "A dog.",
    "A red sports car stands in front of a garage with its doors open.",
    "",
    "The glacier " + "slowly " * 400 + "moves.",
    "Äpfel, 苹果 & \N{RED APPLE}",
    "the mean of nothing [PAD] [SEP] [CLS] in particular",
]


def test_a_text_s_vector_does_not_depend_on_its_batch(conse: Any) -> None:
    together = conse.encode_texts(TEXTS * 12)
    alone = np.concatenate([conse.encode_texts([text]) for text in TEXTS])
    for start in range(0, len(together), len(TEXTS)):
        np.testing.assert_array_equal(together[start : start + len(TEXTS)], alone)


def test_an_image_s_vector_does_not_depend_on_its_batch(conse: Any) -> None:
    images = [drawing(seed, (100 + 7 * seed, 140)) for seed in range(19)]
    together = conse.encode_images(images)
    for row in (0, 7, 15, 16, 18):
        np.testing.assert_array_equal(conse.encode_images([images[row]])[0], together[row])


def test_transparency_counts_as_white(conse: Any) -> None:
    cut_out = drawing(3, mode="RGBA")
    mask = Image.new("L", cut_out.size, 0)
    ImageDraw.Draw(mask).ellipse((10, 10, 80, 80), fill=255)
    cut_out.putalpha(mask)
    on_white = Image.new("RGB", cut_out.size, "white")
    on_white.paste(cut_out, mask=mask)
    np.testing.assert_array_equal(conse.encode_images([cut_out]), conse.encode_images([on_white]))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "RGBA"])
@pytest.mark.parametrize("size", [(1, 1), (300, 2), (40, 700)])
def test_any_mode_and_size_becomes_a_square(mode: str, size: tuple[int, int]) -> None:
    pixels = to_pixels(Image.new(mode, size))
    assert pixels.shape == (3, SIDE, SIDE)
    assert np.isfinite(pixels).all()


def test_control_words_in_a_text_are_words(conse: Any) -> None:
    """A sentence that says [SEP] does not end there."""
    told, cut = conse.encode_texts(["a cat [SEP] a submarine", "a cat"])
    without = conse.encode_texts(["a cat a submarine"])[0]
    assert told @ without > told @ cut


def test_meaning_is_near(conse: Any) -> None:
    dog, puppy, car = conse.encode_texts(["A dog.", "A young puppy.", "An old car."])
    assert dog @ puppy > dog @ car + 0.2


def test_classes_are_mixed_by_the_root_of_their_probability() -> None:
    classes = np.eye(3, dtype=np.float32)
    likely = np.array([[0.64, 0.36, 0.0], [0.0, 0.0, 1.0]], dtype=np.float32)
    mixed = mix_classes(likely, classes, count=2, power=0.5)
    np.testing.assert_allclose(mixed, [[0.8, 0.6, 0.0], [0.0, 0.0, 1.0]], atol=1e-6)
    only_best = mix_classes(likely, classes, count=1, power=0.5)
    np.testing.assert_allclose(only_best[0], [1.0, 0.0, 0.0])


def test_options_that_change_vectors_change_the_identity(conse: Any, cache: Any) -> None:
    plain = load("encoder", "conse", cache, centred=False)
    assert plain.identity == conse.identity + "-centred=False"
    assert not np.array_equal(plain.encode_texts(TEXTS), conse.encode_texts(TEXTS))
