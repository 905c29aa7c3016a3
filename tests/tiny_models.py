"""Models small enough to load in no time, of the shape that backends from outside have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from realsyn_tasks.core.config import ResolvedModel
from realsyn_tasks.models import protocols

DIM = 64


class TinyEncoder:
    """Texts by their words, pictures by their colours: real vectors, cheaply."""

    identity = "tiny-encoder"
    dim = DIM

    def __init__(self, *made: Any) -> None:
        pass

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(np.array([sum(map(_direction, text.lower().split())) for text in texts]))

    def encode_images(self, images: Sequence[Any]) -> np.ndarray:
        rows = [np.asarray(image.convert("RGB").resize((8, 8)), dtype=float) for image in images]
        flat = np.array(rows).reshape(len(rows), -1)
        flat -= flat.mean(axis=1, keepdims=True)  # or all pictures would look alike
        return _unit(flat @ _projection(flat.shape[1]))


class TinyTagger:
    """The brightest channel of a picture, as a word; and the first word that it was given."""

    identity = "tiny-tagger"
    words: Sequence[str] = ()

    def __init__(self, *made: Any) -> None:
        pass

    def with_words(self, words: Sequence[str], beside: bool) -> TinyTagger:
        other = TinyTagger()
        other.words = words[:1]
        return other

    def tag(self, images: Sequence[Any], vectors: np.ndarray) -> list[list[tuple[str, float]]]:
        means = [np.asarray(image.convert("RGB")).mean(axis=(0, 1)) for image in images]
        names, more = ["red", "green", "blue"], [(word, 0.1) for word in self.words]
        return [[(names[int(mean.argmax())], float(mean.max() / 255)), *more] for mean in means]


class TinyCaptioner:
    """How wide a picture is, and how high."""

    identity = "tiny-captioner"

    def __init__(self, *made: Any) -> None:
        pass

    def caption(self, images: Sequence[Any]) -> list[str]:
        return [f"A picture of {image.width} by {image.height} pixels." for image in images]


class TinyLanguageModel:
    """Swaps the halves of a text, behind its caption; finds texts likely by their length."""

    class Options(protocols.Options):
        """Which of the embedded models it stands for."""

        checkpoint: str = ""

    identity = "tiny-language-model"

    def __init__(self, *made: Any) -> None:
        pass

    def generate(self, prompts: Sequence[Any], max_new_tokens: int, *told: Any) -> list[str]:
        return [_sentence(prompt.user) for prompt in prompts]

    def perplexity(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([50.0 + len(text) % 50 for text in texts])


class TinyReranker:
    """The share of the words of the one text that stand in the other."""

    identity = "tiny-reranker"
    alone = True

    def __init__(self, *made: Any) -> None:
        pass

    def score(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        return np.array([_shared(*pair) for pair in pairs], dtype=np.float32)


class TinyTextDetector:
    """A hundredth of the share of a picture's pixels that are dark: none is a picture of text."""

    identity = "tiny-text-detector"

    def __init__(self, *made: Any) -> None:
        pass

    def cover(self, images: Sequence[Any]) -> np.ndarray:
        shares = [(np.asarray(image.convert("L")) < 64).mean() / 100 for image in images]
        return np.array(shares, dtype=np.float32)


def _shared(words: str, text: str) -> float:
    wanted, there = (set(re.findall(r"\w+", some.lower())) for some in (words, text))
    return 10 * len(wanted & there) / max(1, len(wanted)) - 5


def _sentence(prompt: str) -> str:
    """The prompt's text with its halves swapped: all its words, none of its order."""
    lines = dict(line.split(": ", 1) for line in prompt.splitlines() if ": " in line)
    text = lines.get("Text", prompt)
    words = text.strip(" .").split()
    middle = len(words) // 2
    opening = f"{lines['Caption'].strip(' .')}," if "Caption" in lines else "Here,"
    return " ".join([opening, *words[middle:], "and", words[0].lower(), *words[1:middle]]) + "."


TINY: dict[str, type[Any]] = {
    "encoder": TinyEncoder,
    "tagger": TinyTagger,
    "captioner": TinyCaptioner,
    "reranker": TinyReranker,
    "text_detector": TinyTextDetector,
}


def tiny_model(kind: str, model: ResolvedModel | None = None) -> Any:
    """Load a tiny model of any kind."""
    return TINY.get(kind, TinyLanguageModel)()


def _direction(word: str) -> np.ndarray:
    seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).normal(size=DIM)


def _projection(width: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=(width, DIM))


def _unit(rows: np.ndarray) -> np.ndarray:
    rows = rows.reshape(-1, DIM)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = (rows / np.where(norms > 0, norms, 1)).astype(np.float32)
    return unit
