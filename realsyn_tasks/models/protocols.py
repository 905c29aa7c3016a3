"""What stages ask of a model; every backend of a kind answers alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image


@dataclass(frozen=True)
class Prompt:
    """A chat: instructions, worked examples (user, assistant), and what is asked now."""

    system: str
    turns: tuple[tuple[str, str], ...]
    user: str


class Encoder(Protocol):
    """Puts images and texts into one space, where the dot product is the similarity."""

    @property
    def identity(self) -> str:
        """Name, version and digest of the weights; goes into commits."""
        ...

    @property
    def dim(self) -> int: ...

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Give (n, dim) float32 unit rows."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (n, dim) float32 unit rows."""
        ...


class Tagger(Protocol):
    """Names what is to be seen."""

    @property
    def identity(self) -> str: ...

    def tag(
        self, images: Sequence[Image], vectors: NDArray[np.float32]
    ) -> list[list[tuple[str, float]]]:
        """Give each image's (tag, score), best first; vectors are its encoder's, (n, dim)."""
        ...


class Captioner(Protocol):
    """Describes an image in a sentence."""

    @property
    def identity(self) -> str: ...

    def caption(self, images: Sequence[Image]) -> list[str]:
        """Give one caption per image; an empty one where there is nothing to say."""
        ...


class LanguageModel(Protocol):
    """Continues and scores texts, deterministically."""

    @property
    def identity(self) -> str: ...

    def generate(self, prompts: Sequence[Prompt], max_new_tokens: int) -> list[str]:
        """Give the greedy continuation of each prompt, without special tokens."""
        ...

    def perplexity(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give exp(-mean log p(token | tokens before)) of each text (paper Eq. 2), (n,) float64."""
        ...


class ImageScorer(Protocol):
    """Says of pictures how likely they are what is not wanted."""

    def __call__(self, images: Sequence[Image]) -> NDArray[np.floating[Any]]:
        """Give one score per RGB picture, higher for worse; (n,)."""
        ...
