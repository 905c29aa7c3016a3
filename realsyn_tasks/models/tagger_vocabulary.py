"""Tags from two sources: a classifier's labels, and a word list scored by the encoder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import Field

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.include import include_folder
from realsyn_tasks.models import protocols
from realsyn_tasks.models.classifier import Classifier
from realsyn_tasks.models.identities import changes, text_digest
from realsyn_tasks.models.prepared import find
from realsyn_tasks.models.protocols import Encoder, Identity
from realsyn_tasks.models.recipes import CONSE

Tags = list[tuple[str, float]]


class VocabularyTagger:
    """Names an image's likely classes, then the words nearest to it.

    The classifier knows 1,000 narrow classes well; the words are wide, and in the encoder's space,
    so that another encoder or a longer list improves them without training.
    """

    class Options(protocols.Options):
        """Thresholds are the encoder's: see include/models."""

        vocabulary: str = "visual_nouns"  # a list in include/vocabulary, or a file
        template: str = "{}"  # how a word is said to the encoder
        min_probability: float = Field(default=0.2, ge=0, le=1)
        min_similarity: float = Field(default=0.45, ge=-1, le=1)
        max_words: int = Field(default=3, ge=0)

    Running = protocols.Running
    needs = ("encoder",)

    def __init__(
        self, options: Options, running: protocols.Running, cache: Path, encoder: Encoder
    ) -> None:
        folder, _ = find(cache, CONSE)
        self._options, self._encoder = options, encoder
        self._classifier = Classifier(folder)
        self._labels = [bare(label) for label in self._classifier.labels]
        self._words, self._vectors = self._said(read_words(options.vocabulary))

    def _said(self, words: list[str]) -> tuple[list[str], NDArray[np.float32]]:
        said = [self._options.template.format(word) for word in words]
        return words, self._encoder.encode_texts(said)

    def with_words(self, words: Sequence[str], beside: bool) -> VocabularyTagger:
        """Give this tagger with other words, in place of its own or beside them."""
        other = copy(self)
        mine = self._words if beside else []
        other._words, other._vectors = other._said(list(dict.fromkeys([*mine, *words])))
        return other

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its words, its options, its classifier, and the encoder that scores words."""
        words = text_digest("\n".join(read_words(options.vocabulary)))
        said = f"vocabulary-{words}{changes(options, ['vocabulary'])}"
        return Identity("-".join([said, find(cache, CONSE)[1], *beside]))

    def tag(self, images: Sequence[Image], vectors: NDArray[np.float32]) -> list[Tags]:
        """Give each image's tags, (name, score): labels by probability, then words by similarity.

        vectors: (n, dim) unit rows of the same images, from the encoder this tagger was made with.
        """
        if vectors.shape != (len(images), self._vectors.shape[1]):
            raise ConfigError(
                f"tagger vocabulary got vectors of shape {vectors.shape} for {len(images)} images,"
                f" but its encoder gives {self._vectors.shape[1]} numbers; load it with the"
                " encoder that made them"
            )
        likely = self._classifier.probabilities(images)
        similar = np.asarray(vectors, dtype=np.float32) @ self._vectors.T
        return [
            merge_tags(self._likely(chances), self._nearest(scores))
            for chances, scores in zip(likely, similar, strict=True)
        ]

    def _likely(self, chances: NDArray[np.float32]) -> Tags:
        return above(self._labels, chances, self._options.min_probability, len(self._labels))

    def _nearest(self, scores: NDArray[np.float32]) -> Tags:
        return above(self._words, scores, self._options.min_similarity, self._options.max_words)


def bare(label: str) -> str:
    """Leave out what a label says in brackets: "ram (adult male sheep)" is a ram."""
    return re.sub(r"\s*\(.*?\)", "", label).strip()


def above(names: Sequence[str], scores: NDArray[np.float32], least: float, most: int) -> Tags:
    """Give the names that score at least so much, best first, at most so many."""
    best = np.argsort(-scores, kind="stable")[:most]
    return [
        (names[place], round(float(scores[place]), 4)) for place in best if scores[place] >= least
    ]


def merge_tags(labels: Tags, words: Tags) -> Tags:
    """Put words behind labels, leaving out what a label says already."""
    said = {word for label, _ in labels for word in [label.lower(), *label.lower().split()]}
    return labels + [(word, score) for word, score in words if word.lower() not in said]


def read_words(vocabulary: str) -> list[str]:
    """Read a word list by name or path; ConfigError if there is none."""
    path = Path(vocabulary)
    if path.suffix != ".txt":
        path = include_folder() / "vocabulary" / f"{vocabulary}.txt"
    if not path.is_file():
        raise ConfigError(f"word list {path} is missing; see include/vocabulary")
    return list(dict.fromkeys(_content(path.read_text(encoding="utf-8").splitlines())))


def _content(lines: Iterable[str]) -> list[str]:
    stripped = (line.strip() for line in lines)
    return [line for line in stripped if line and not line.startswith("#")]
