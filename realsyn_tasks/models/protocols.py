"""What stages ask of a model, and what a backend is; every backend of a kind answers alike.

Imports nothing heavy, since both planes read the kinds and cards beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import Field

from realsyn_tasks.core.config import Frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


class Options(Frozen):
    """Base of what a model's output depends on."""


class Running(Frozen):
    """Base of how a model runs, which its output does not depend on. Threads: see threads.py."""


class OnDevice(Running):
    """How a model runs on torch."""

    device: str = "cpu"
    batch_size: int = Field(default=16, ge=1)


@dataclass(frozen=True)
class Identity:
    """What a model is: told by content, or by what somebody declared of it."""

    text: str
    declared: bool = False


class Backend(Protocol):
    """A class that loads models of one kind. One from outside has the same shape.

    `needs` names the kinds of the models that it is made with. Instead of `identify`, a class from
    outside may have an attribute `identity`; its options and its module's content count besides.
    """

    Options: ClassVar[type[Options]]
    Running: ClassVar[type[Running]]
    needs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, options: Any, running: Any, cache: Path, *beside: Any) -> None:
        """Load the model; `beside` are those that it needs."""
        ...

    @staticmethod
    def identify(options: Any, cache: Path, beside: Sequence[str]) -> Identity:
        """Say what would be loaded, without loading it; `beside` are identities.

        Raises ConfigError where that cannot be told: files are missing, nothing is declared.
        """
        ...


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
        """Name, version and digest of the weights."""
        ...

    @property
    def dim(self) -> int: ...

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Give (n, dim) float32 unit rows."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (n, dim) float32 unit rows."""
        ...


class PictureEncoder(Encoder, Protocol):
    """An encoder that decodes pictures itself, ahead of the device that it waits for."""

    def encode_pictures(
        self, pictures: Iterable[Callable[[], Image]]
    ) -> Iterator[NDArray[np.float32]]:
        """Give what `encode_images` gives, some rows at a time, in order.

        Threads call the pictures, another one draws them; what either raises is raised here.
        """
        ...


class Tagger(Protocol):
    """Names what is to be seen."""

    def tag(
        self, images: Sequence[Image], vectors: NDArray[np.float32]
    ) -> list[list[tuple[str, float]]]:
        """Give each image's (tag, score), best first; vectors are its encoder's, (n, dim)."""
        ...


class Captioner(Protocol):
    """Describes an image in a sentence."""

    def caption(self, images: Sequence[Image]) -> list[str]:
        """Give one caption per image; an empty one where there is nothing to say."""
        ...


class Refusal(str):
    """What a model, or who runs it, said instead of an answer: that it gives none."""


Answered = Callable[[int, str], None]  # is told the place of a prompt, and its text


def nobody(place: int, text: str) -> None:
    """Take no notice of an answer."""


class LanguageModel(Protocol):
    """Continues texts, deterministically.

    One that takes what several threads ask at once, and answers each request by itself, says so by
    `concurrent = True`: then its answers are kept one by one, where others' are kept by the call.
    """

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int, answered: Answered = nobody
    ) -> list[str]:
        """Give the first line of each prompt's greedy continuation, without special tokens.

        Empty where prompt and answer do not fit into the model's context; a Refusal where it gives
        none. `answered` is told of each text that the model wrote as soon as it is there.
        """
        ...


class PerplexityModel(Protocol):
    """Scores texts, deterministically."""

    def perplexity(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give exp(-mean log p(token | tokens before)) of each text (paper Eq. 2), (n,) float64.

        inf for a text without tokens.
        """
        ...


class Reranker(Protocol):
    """Reads two texts together and says how well the second answers the first.

    One whose scores depend on their pair alone, bit for bit, says so by `alone = True`: then they
    are kept where a shard is done again.
    """

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Give a logit per pair (words of an image, text), higher for better; (n,) float32."""
        ...


class Judge(Protocol):
    """Looks at a picture and says whether a text fits it."""

    def judge(self, pairs: Sequence[tuple[Image, str]]) -> NDArray[np.float32]:
        """Give each pair's probability that the text fits the picture, 0 to 1; (n,) float32."""
        ...


class TextDetector(Protocol):
    """Finds text in pictures."""

    def cover(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Give the share of each picture's area that lies under text, 0 to 1; (n,) float32."""
        ...


class ImageScorer(Protocol):
    """Says of pictures how likely they are what is not wanted."""

    def __call__(self, images: Sequence[Image]) -> NDArray[np.floating[Any]]:
        """Give one score per picture, higher for worse; (n,)."""
        ...


class VectorScorer(Protocol):
    """Says of pictures, by their encoder's vectors, how likely they are what is not wanted."""

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """Give one score per row of (n, dim) unit rows, higher for worse; (n,)."""
        ...
