"""Thresholds for a new encoder or language model, from examples of what is wanted.

Each function measures and proposes; a person reads the figures and writes the thresholds to
include/models/{name}.yaml, where opening a run finds them.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from realsyn_tasks.models.protocols import Encoder, ImageScorer, PerplexityModel, VectorScorer
from realsyn_tasks.pictures.pixels import on_white
from realsyn_tasks.vectors.thresholds import COINCIDENCES, Scores, by_drop_rate, dropping, quantiles

LENGTHS = (4, 6, 9, 14, 19, 29, 44, 81)  # words up to which texts share a band
FEW = 40  # good texts of a length that are enough for a band of its own
WORTH = 20.0  # how many bad texts may stay for one good one that would go
STALE = 0.01  # share of good texts that a model knows nearly by heart, ...
STALER = 4.0  # ... and how many times better than these it knows what has no place
ODDER = 2.0  # how many times odder than the oddest good text is what has no place either
REPEATS = 4


@dataclass(frozen=True)
class Band:
    """What to keep of texts of up to so many words, and what that does to good and bad ones."""

    words: int
    low: float
    high: float
    good_kept: float
    shuffled_kept: float  # of the same texts with their words in random order
    repeated_kept: float  # of their first words over and over
    good: tuple[float, ...]  # 5, 25, 50, 75, 95 %


@dataclass(frozen=True)
class PerplexityBands:
    """The bands of all lengths."""

    bands: tuple[Band, ...]

    @property
    def stages(self) -> dict[str, dict[str, Any]]:
        """The settings as include/models has them."""
        bands = [{"words": b.words, "min": b.low, "max": b.high} for b in self.bands]
        return {"filter_perplexity": {"bands": bands}}


@dataclass(frozen=True)
class DuplicateThreshold:
    """From which cosine on items are one, and how that fares with copies and with others."""

    kind: str  # image | sentence
    cosine: float
    copies_found: float  # share of changed copies at or above it
    copies: tuple[float, ...]  # cosine of items with changed copies of them: 5, 50 %
    nearest: tuple[float, ...]  # cosine of items with the nearest other one: 50, 95, 99 %
    by_drop_rate: dict[str, float]  # share of different items that go -> threshold

    @property
    def stages(self) -> dict[str, dict[str, float]]:
        """The settings as include/models has them."""
        return {"link_neighbours": {f"{self.kind}_cosine": self.cosine}}


def calibrate_perplexity(
    model: PerplexityModel, good_texts: Sequence[str], seed: int = 0
) -> PerplexityBands:
    """Propose bands of perplexity by length from at least 50 good sentences.

    The upper bound of a band is ODDER times the perplexity up to which keeping the good and
    rejecting the same words in random order pays best, if losing a good one costs as much as
    keeping WORTH bad ones. The lower one is far below the good, too, for those of the lowest
    perplexity are the best known facts; what repeats itself, and notices that stand everywhere, lie
    below it. Too few texts share a band with the longer ones.
    """
    if len(good_texts) < 50:
        raise ValueError(f"{len(good_texts)} sentences are too few to calibrate with; give 50")
    words = np.array([len(text.split()) for text in good_texts])
    scores = [
        np.asarray(model.perplexity(texts), dtype=np.float64)
        for texts in (good_texts, shuffle_words(good_texts, seed), repeat_words(good_texts))
    ]
    bands, shortest = [], 0
    for longest in LENGTHS:
        rows = (words > shortest) & (words <= longest)
        if rows.sum() >= FEW or (longest == LENGTHS[-1] and rows.any()):
            bands.append(_band(longest, *(some[rows] for some in scores)))
            shortest = longest
    return PerplexityBands(tuple(bands))


def _band(words: int, good: Scores, shuffled: Scores, repeated: Scores) -> Band:
    low = _two_digits(float(np.quantile(good, STALE)) / STALER, math.floor)
    high = _two_digits(_best_split(good, shuffled) * ODDER, math.ceil)
    return Band(
        words=words,
        low=low,
        high=high,
        good_kept=_share(good, low, high),
        shuffled_kept=_share(shuffled, low, high),
        repeated_kept=_share(repeated, low, high),
        good=quantiles(good, 5, 25, 50, 75, 95),
    )


def calibrate_image_duplicates(
    encoder: Encoder, images: Sequence[Image.Image], drop_rate: float = COINCIDENCES
) -> DuplicateThreshold:
    """Propose from which cosine images are duplicates; the images given must all be different.

    `drop_rate` is the share of different images that may be taken for duplicates all the same.

    Copies are the images as JPEG of quality 50, at half size, mirrored, and cropped by a tenth.
    """
    flat = [on_white(image) for image in images]
    vectors = encoder.encode_images(flat)
    copied = [encoder.encode_images([change(image) for image in flat]) for change in IMAGE_CHANGES]
    return _threshold("image", vectors, copied, drop_rate)


def calibrate_sentence_duplicates(
    encoder: Encoder, sentences: Sequence[str], drop_rate: float = COINCIDENCES
) -> DuplicateThreshold:
    """Propose from which cosine sentences are duplicates; those given must all be different.

    Copies are the sentences in lower case, without their punctuation, and without an article.
    """
    vectors = encoder.encode_texts(sentences)
    copied = [encoder.encode_texts([change(text) for text in sentences]) for change in TEXT_CHANGES]
    return _threshold("sentence", vectors, copied, drop_rate)


@dataclass(frozen=True)
class ScoreThreshold:
    """Above which score of a model an image goes, and how it scores what is wanted."""

    model: str
    max_score: float
    wanted: tuple[float, ...]  # scores of wanted images, 50, 95, 99, 100 %
    by_drop_rate: dict[str, float]
    stage: str  # that asks it

    @property
    def stages(self) -> dict[str, dict[str, Any]]:
        """The settings as they stand in a profile or a form: a card has none of a scorer's."""
        return {self.stage: {"scorers": [{"model": self.model, "max_score": self.max_score}]}}


def calibrate_scorer(
    name: str, scorer: ImageScorer, images: Sequence[Image.Image], drop_rate: float = COINCIDENCES
) -> ScoreThreshold:
    """Propose the score that about this share of wanted images reaches.

    It bounds what is lost, and says nothing of what is found: unwanted images are not asked for.
    """
    if not images:
        raise ValueError("give at least one image to calibrate with")
    return _score_threshold(name, scorer(images), drop_rate, "filter_images")


def calibrate_head(
    name: str,
    scorer: VectorScorer,
    encoder: Encoder,
    images: Sequence[Image.Image],
    drop_rate: float = COINCIDENCES,
) -> ScoreThreshold:
    """Propose the same for a scorer of the encoder's vectors."""
    if not images:
        raise ValueError("give at least one image to calibrate with")
    scores = scorer(encoder.encode_images(images))
    return _score_threshold(name, scores, drop_rate, "embed_images")


def _score_threshold(name: str, given: Any, rate: float, stage: str) -> ScoreThreshold:
    scores = np.asarray(given, dtype=np.float64)
    return ScoreThreshold(
        model=name,
        max_score=dropping(scores, rate),
        wanted=quantiles(scores, 50, 95, 99, 100),
        by_drop_rate=by_drop_rate(scores),
        stage=stage,
    )


def shuffle_words(texts: Sequence[str], seed: int) -> list[str]:
    """Put the words of each text in random order."""
    source = random.Random(seed)
    return [" ".join(source.sample(words, len(words))) for words in map(str.split, texts)]


def repeat_words(texts: Sequence[str]) -> list[str]:
    """Fill each text with its own first words, said over and over."""
    return [_repeated(text.split()) for text in texts]


def _repeated(words: list[str]) -> str:
    part = words[: -(-len(words) // REPEATS)]
    return " ".join((part * REPEATS)[: len(words)])


def _threshold(
    kind: str,
    vectors: NDArray[np.float32],
    copied: Sequence[NDArray[np.float32]],
    drop_rate: float,
) -> DuplicateThreshold:
    if len(vectors) < 2:
        raise ValueError("give at least two items to calibrate with")
    nearest = _nearest_others(vectors)
    cosine = dropping(nearest, drop_rate)
    copies = np.concatenate([np.sum(vectors * changed, axis=1) for changed in copied])
    return DuplicateThreshold(
        kind=kind,
        cosine=cosine,
        copies_found=float(np.mean(copies >= cosine)),
        copies=quantiles(copies, 5, 50),
        nearest=quantiles(nearest, 50, 95, 99),
        by_drop_rate=by_drop_rate(nearest),
    )


def _nearest_others(vectors: NDArray[np.float32], rows: int = 1024) -> Scores:
    """Give each row's largest cosine with another row, block by block."""
    found = np.empty(len(vectors))
    for start in range(0, len(vectors), rows):
        block = vectors[start : start + rows] @ vectors.T
        own = np.arange(len(block))
        block[own, own + start] = -1.0
        found[start : start + rows] = block.max(axis=1)
    return found


def _best_split(good: Scores, bad: Scores) -> float:
    """Give the good one's score at which what stays below is worth the most."""
    at = np.sort(good[np.isfinite(good)])
    gain = WORTH * np.searchsorted(np.sort(good), at, "right") / len(good)
    gain -= np.searchsorted(np.sort(bad), at, "right") / len(bad)
    return float(at[int(np.argmax(gain))])


def _share(scores: Scores, low: float, high: float) -> float:
    return float(np.mean((scores >= low) & (scores <= high)))


def _two_digits(value: float, rounded: Callable[[float], int]) -> float:
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{rounded(round(value / step, 6)) * step:.2g}")


def _as_jpeg(image: Image.Image) -> Image.Image:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=50)
    return Image.open(data).convert("RGB")


def _at_half_size(image: Image.Image) -> Image.Image:
    return image.resize((max(1, image.width // 2), max(1, image.height // 2)))


def _mirrored(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((width // 20, height // 20, width - width // 20, height - height // 20))


def _without_punctuation(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum() or sign.isspace())


def _without_an_article(text: str) -> str:
    words = text.split()
    articles = [place for place, word in enumerate(words) if word.lower() in ("a", "an", "the")]
    return " ".join(word for place, word in enumerate(words) if [place] != articles[:1])


IMAGE_CHANGES: tuple[Callable[[Image.Image], Image.Image], ...] = (
    _as_jpeg,
    _at_half_size,
    _mirrored,
    _cropped,
)
TEXT_CHANGES: tuple[Callable[[str], str], ...] = (
    str.lower,
    _without_punctuation,
    _without_an_article,
)
