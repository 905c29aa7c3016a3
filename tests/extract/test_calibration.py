"""Calibration finds the threshold that is there to be found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.extract import filter_perplexity
from realsyn_tasks.extract.calibration import (
    IMAGE_CHANGES,
    TEXT_CHANGES,
    calibrate_head,
    calibrate_image_duplicates,
    calibrate_perplexity,
    calibrate_scorer,
    calibrate_sentence_duplicates,
    shuffle_words,
)
from realsyn_tasks.extract.scorers import Scorer
from tests.models.support import drawing

PROSE = [f"alpha beta delta epsilon gamma {number}" for number in range(200)]


class OrderModel:
    """Finds words in alphabetical order likely, the more so the smaller the number behind."""

    identity = "order"

    def perplexity(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self._score(text.split()) for text in texts])

    def _score(self, words: list[str]) -> float:
        told = [word for word in words if word.isalpha()]
        number = next((int(word) for word in words if word.isdigit()), 0)
        return 10.0 + number if told == sorted(told) else 1000.0 + number


class LengthModel(OrderModel):
    """Finds short texts odd."""

    def perplexity(self, texts: Sequence[str]) -> np.ndarray:
        lengths = np.array([len(text.split()) for text in texts])
        return np.asarray(super().perplexity(texts) / lengths**2)


class Blurred:
    """Random directions per item; what is nearly the same item is nearly the same direction."""

    identity = "blurred"
    dim = 32

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        keys = [int("".join(sign for sign in text if sign.isdigit())) for text in texts]
        changed = [0.1 * (text not in PROSE) for text in texts]
        return self._rows(keys, changed)

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        keys = [int(np.asarray(image).max()) // 8 for image in images]
        return self._rows(keys, [0.1 * (image.width != 64) for image in images])

    def _rows(self, keys: list[int], noise: list[float]) -> np.ndarray:
        rows = np.array([np.random.default_rng(key).normal(size=self.dim) for key in keys])
        rows += np.array(noise)[:, None] * np.random.default_rng(0).normal(size=rows.shape)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_bands_part_the_good_from_the_shuffled() -> None:
    [band] = calibrate_perplexity(OrderModel(), PROSE).bands  # all have six words
    assert band.words == 6
    assert band.high == 2 * 210.0  # the oddest of 10..209, and as much again
    assert band.low == pytest.approx(2.9)  # a quarter of what 1 % are below
    assert (band.good_kept, band.repeated_kept) == (1.0, 0.0)
    assert band.shuffled_kept < 0.02  # some shuffles are in order by chance


def test_lengths_with_enough_texts_have_bands_of_their_own() -> None:
    """Short texts are odder to a model, and must not be measured by long ones."""
    long = [" ".join(["alpha", "beta", "delta"] * 6 + [str(number)]) for number in range(100)]
    bands = calibrate_perplexity(LengthModel(), [*PROSE, *long]).bands
    assert [band.words for band in bands] == [6, 19]
    assert bands[0].high > bands[1].high
    found = calibrate_perplexity(LengthModel(), PROSE).stages["filter_perplexity"]["bands"]
    assert found == [{"words": 6, "min": bands[0].low, "max": bands[0].high}]
    filter_perplexity.Config(bands=found)


def test_too_few_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="49 sentences are too few"):
        calibrate_perplexity(OrderModel(), PROSE[:49])  # type: ignore[arg-type]


def test_shuffling_is_seeded_and_keeps_the_words() -> None:
    once = shuffle_words(PROSE, 1)
    assert once == shuffle_words(PROSE, 1) != shuffle_words(PROSE, 2)
    assert [sorted(text.split()) for text in once] == [sorted(text.split()) for text in PROSE]


def test_a_sentence_threshold_lies_between_copies_and_others() -> None:
    found = calibrate_sentence_duplicates(Blurred(), PROSE)
    assert found.nearest[-1] <= found.cosine < found.copies[0]
    assert found.copies_found == 1.0
    assert found.stages == {"link_neighbours": {"sentence_cosine": found.cosine}}


def test_the_share_that_goes_can_be_chosen() -> None:
    """At the threshold of a rate, no more than that share of the different items goes."""
    texts = [f"{text} {number}" for text in PROSE[:40] for number in range(3)]
    vectors = Blurred().encode_texts(texts)
    cosines = vectors @ vectors.T - 2 * np.eye(len(texts))
    thresholds = []
    for rate in (0.02, 0.1, 0.5):
        found = calibrate_sentence_duplicates(Blurred(), texts, rate)  # type: ignore[arg-type]
        assert np.mean(cosines.max(axis=1) >= found.cosine) <= rate
        thresholds.append(found.cosine)
    assert thresholds[0] > thresholds[1] > thresholds[2]
    assert list(found.by_drop_rate) == ["0.1%", "0.5%", "1.0%", "2.0%", "5.0%", "10.0%"]
    assert found.by_drop_rate["10.0%"] == thresholds[1]
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibrate_sentence_duplicates(Blurred(), texts, 0.0)  # type: ignore[arg-type]


def test_an_image_threshold_lies_above_the_others() -> None:
    images = [Image.new("RGB", (64, 64), (8 * shade, 0, 0)) for shade in range(1, 31)]
    found = calibrate_image_duplicates(Blurred(), images)
    assert found.nearest[-1] <= found.cosine
    assert found.stages == {"link_neighbours": {"image_cosine": found.cosine}}


@pytest.mark.parametrize("change", IMAGE_CHANGES)
def test_changed_images_are_changed(change: Any) -> None:
    image = drawing(1, (97, 64))
    changed = change(image)
    assert changed.mode == "RGB"
    assert changed.size != image.size or np.asarray(changed).tobytes() != image.tobytes()


@pytest.mark.parametrize("change", TEXT_CHANGES)
def test_changed_texts_are_changed(change: Any) -> None:
    assert change("A cat, on the mat.") not in ("", "A cat, on the mat.")


def test_only_one_article_goes() -> None:
    assert TEXT_CHANGES[2]("Put the cat on the mat.") == "Put cat on the mat."
    assert TEXT_CHANGES[2]("Cats run.") == "Cats run."


def test_a_scorer_keeps_all_but_the_share_of_wanted_images_that_may_go() -> None:
    images = [Image.new("L", (4, 4), shade) for shade in range(200)]

    def scorer(some: Sequence[Image.Image]) -> np.ndarray:
        return np.array([image.getpixel((0, 0)) / 255 for image in some])

    proposed = calibrate_scorer("some-card", scorer, images, 0.05)
    [setting] = proposed.stages["filter_images"]["scorers"]
    gone = sum(score > setting["max_score"] for score in scorer(images))
    assert setting["model"] == "some-card"
    assert gone / len(images) == pytest.approx(0.05, abs=0.006)
    assert Scorer(**setting).verdict(1.0)
    assert proposed.wanted[-1] == pytest.approx(199 / 255, abs=1e-3)
    with pytest.raises(ValueError, match="at least one image"):
        calibrate_scorer("some-card", scorer, [])


def test_a_head_over_vectors_keeps_as_many_by_the_stage_that_asks_it() -> None:
    class Shades:
        def encode_images(self, some: Sequence[Image.Image]) -> np.ndarray:
            return np.array([[image.getpixel((0, 0)) / 255] for image in some], np.float32)

    images = [Image.new("L", (4, 4), shade) for shade in range(200)]
    encoder: Any = Shades()
    proposed = calibrate_head("a-head", lambda rows: rows[:, 0], encoder, images, 0.05)
    [setting] = proposed.stages["embed_images"]["scorers"]
    assert sum(image.getpixel((0, 0)) / 255 > setting["max_score"] for image in images) == 10
