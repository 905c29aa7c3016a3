"""The models of the suite `scale`: each looks up what is planted for an item (scale_planted.py)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.models import protocols
from tests.benchmarks.scale_planted import Floats, Numbers, Planted, Spelling, number_in

TEXT_EVERY = 50  # of so many pictures one is of text


class Known(protocols.Options):
    """Which corpora the models know."""

    copies: float = 0.2
    dim: int = 256
    seed: int = 0


class _Lookup:
    """A model that knows all that is planted."""

    Options = Known

    def __init__(self, options: Known, running: Any, cache: Path, *beside: Any) -> None:
        self.planted = Planted(options.copies, options.dim, options.seed)
        self.spelling = Spelling()

    def spelt(self, texts: Sequence[str]) -> Numbers:
        """Give the numbers that texts spell; twice a sentence's, a caption's and one more."""
        return np.array([self.spelling.number(text) for text in texts], dtype=np.int64)


class PlantedEncoder(_Lookup):
    """Gives pictures and texts the vectors that are planted for them."""

    identity = "planted-encoder"

    @property
    def dim(self) -> int:
        return self.planted.dim

    def encode_images(self, images: Sequence[Any]) -> Floats:
        return self.planted.picture_vectors(numbers_of(images))

    def encode_texts(self, texts: Sequence[str]) -> Floats:
        spelt = self.spelt(texts)
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        captions = spelt % 2 == 1
        if captions.any():
            rows[captions] = self.planted.caption_vectors(spelt[captions] // 2)
        if not captions.all():
            rows[~captions] = self.planted.text_vectors(spelt[~captions] // 2)
        return rows


class PlantedTagger(_Lookup):
    """Names two of the words of a picture's caption."""

    identity = "planted-tagger"

    def tag(self, images: Sequence[Any], vectors: Floats) -> list[list[tuple[str, float]]]:
        spelt = (self.spelling.words(2 * n + 1) for n in numbers_of(images).tolist())
        return [[(words[1], 0.5), (words[2], 0.4)] for words in spelt]


class PlantedCaptioner(_Lookup):
    """Gives a picture its caption."""

    identity = "planted-captioner"

    def caption(self, images: Sequence[Any]) -> list[str]:
        return [self.spelling.caption(number) for number in numbers_of(images).tolist()]


class PlantedLanguageModel(_Lookup):
    """Writes a sentence with the words of the text that it was given; finds all texts likely."""

    identity = "planted-language-model"

    def generate(self, prompts: Sequence[Any], max_new_tokens: int, *told: Any) -> list[str]:
        return [self._written(prompt.user) for prompt in prompts]

    def _written(self, asked: str) -> str:
        lines = dict(line.split(": ", 1) for line in asked.splitlines() if ": " in line)
        text = lines.get("Text", asked)
        words = text.strip(" .").split()
        middle = len(words) // 2
        opening = f"{lines['Caption'].strip(' .')}," if "Caption" in lines else "Here,"
        return " ".join([opening, *words[middle:], "and", words[0].lower(), *words[1:middle]]) + "."

    def perplexity(self, texts: Sequence[str]) -> NDArray[np.float64]:
        return np.array([40.0 + len(text) % 60 for text in texts])


class PlantedReranker(_Lookup):
    """Likes a text that is about the same topic, and most the one that has the same words."""

    identity = "planted-reranker"

    def score(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        asked, given = (self.spelt([pair[side] for pair in pairs]) for side in (0, 1))
        same = self._topics(asked) == self._topics(given)
        return np.where(asked == given, 8.0, np.where(same, 6.0, -4.0)).astype(np.float32)

    def _topics(self, spelt: Numbers) -> Numbers:
        numbers = spelt // 2
        of_pictures, of_texts = (
            items.topics(items.roots(numbers))
            for items in (self.planted.pictures, self.planted.texts)
        )
        return np.where(spelt % 2 == 1, of_pictures, of_texts)


class PlantedTextDetector(_Lookup):
    """Finds text in one picture of some."""

    identity = "planted-text-detector"

    def cover(self, images: Sequence[Any]) -> Floats:
        return np.where(numbers_of(images) % TEXT_EVERY == 0, 0.6, 0.0).astype(np.float32)


def numbers_of(images: Sequence[Any]) -> Numbers:
    """Give the numbers in the pixels of pictures."""
    found = [number_in(np.asarray(image.crop((0, 0, 4, 1)))) for image in images]
    return np.array(found, dtype=np.int64)


_HERE = "tests.benchmarks.scale_models"
BACKENDS = {
    "encoder": {"planted": f"{_HERE}:PlantedEncoder"},
    "tagger": {"planted": f"{_HERE}:PlantedTagger"},
    "captioner": {"planted": f"{_HERE}:PlantedCaptioner"},
    "language_model": {"planted": f"{_HERE}:PlantedLanguageModel"},
    "perplexity_model": {"planted": f"{_HERE}:PlantedLanguageModel"},
    "reranker": {"planted": f"{_HERE}:PlantedReranker"},
    "text_detector": {"planted": f"{_HERE}:PlantedTextDetector"},
}
