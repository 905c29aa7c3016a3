"""The embedded encoder: an image is the mean of what its likely classes are called and look like.

ConSE (Norouzi et al. 2014) without any training: EfficientNet-Lite2 gives class probabilities,
MiniLM puts each class's name and description into its space of sentences, and both modalities
live there. Texts are embedded as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import Field

from realsyn_tasks.models import protocols
from realsyn_tasks.models.classifier import Classifier
from realsyn_tasks.models.features import Seen
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.prepared import find
from realsyn_tasks.models.protocols import Identity
from realsyn_tasks.models.recipes import CONSE
from realsyn_tasks.models.sentences import DIM, SentenceEncoder, unit_rows


class ConseEncoder:
    """Images and texts in the space of all-MiniLM-L6-v2, centred per modality.

    The two means were fixed at preparation, from the classes alone, so that a vector never depends
    on the data at hand. One thread; equal input gives equal bits, whatever the batch.
    """

    class Options(protocols.Options):
        """The recipe; the defaults are the measured best on held-out stamps."""

        classes: int = Field(default=10, ge=1, le=1000)  # how many likely classes count
        power: float = Field(default=0.5, gt=0)  # of a class's probability
        centred: bool = True

    Running = protocols.Running
    needs = ()
    dim = DIM

    def __init__(self, options: Options, running: protocols.Running, cache: Path) -> None:
        folder, _ = find(cache, CONSE)
        self.identity = self.identify(options, cache, ()).text
        self._options = options
        self._classifier = Classifier(folder)
        self._sentences = SentenceEncoder(folder)
        with np.load(folder / "classes.npz") as stored:
            self._classes = stored["classes"]
            self._image_mean = stored["image_mean"] * options.centred
            self._text_mean = stored["text_mean"] * options.centred

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by what it was prepared from, and by the changes to the recipe."""
        return Identity(find(cache, CONSE)[1] + changes(options))

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Give (n, 384) float32 unit rows; transparency counts as white."""
        return self._of_classes(self._classifier.probabilities(images))

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (n, 384) float32 unit rows; texts end after 128 word pieces."""
        return unit_rows(self._sentences.encode(texts) - self._text_mean)

    def picture_features(self, images: Sequence[Image]) -> Seen:
        """Give the classifier's pooled features (n, 1280), whose classes are all that it mixes."""
        likely, pooled = self._classifier.seen(images)
        return Seen(self._of_classes(likely), pooled)

    def text_features(self, texts: Sequence[str]) -> Seen:
        """Give the centred sentence vectors (n, 384), the longer the farther from the mean."""
        centred = self._sentences.encode(texts) - self._text_mean
        return Seen(unit_rows(centred), centred)

    def _of_classes(self, likely: NDArray[np.float32]) -> NDArray[np.float32]:
        mixed = mix_classes(likely, self._classes, self._options.classes, self._options.power)
        return unit_rows(mixed - self._image_mean)


def mix_classes(
    probabilities: NDArray[np.float32], classes: NDArray[np.float32], count: int, power: float
) -> NDArray[np.float32]:
    """Give the unit rows of sum(p ** power * class vector) over each row's `count` best classes."""
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
    weights = np.take_along_axis(probabilities, best, axis=1) ** np.float32(power)
    # Summed class by class: unlike a matrix product, this does not depend on the batch.
    mixed = np.zeros((len(probabilities), classes.shape[1]), dtype=np.float32)
    for rank in range(best.shape[1]):
        mixed += weights[:, rank, None] * classes[best[:, rank]]
    return unit_rows(mixed)
