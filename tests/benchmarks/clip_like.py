"""Synthetic vectors that look like CLIP's: topics, a decaying spectrum, a modality gap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
TOPICS, SUBTOPICS = 3000, 12


def texts_and_images(texts: int, images: int, dim: int, seed: int) -> tuple[Floats, Floats]:
    """Unit rows; mean cosines about 0.40 text-text, 0.53 image-image, 0.06 image-text."""
    rng = np.random.default_rng(seed)
    spectrum = np.arange(1, dim + 1, dtype=np.float32) ** -0.4
    topics = _unit(rng.standard_normal((TOPICS, dim), dtype=np.float32) * spectrum)
    subtopics = _unit(rng.standard_normal((TOPICS * SUBTOPICS, dim), dtype=np.float32) * spectrum)
    towards_text = _unit(rng.standard_normal((1, dim), dtype=np.float32))
    towards_image = _unit(0.13 * towards_text + 0.99 * _unit(rng.standard_normal((1, dim))))

    def content(count: int) -> Floats:
        weights = 1 / np.arange(1, TOPICS + 1) ** 0.8
        topic = rng.choice(TOPICS, size=count, p=weights / weights.sum())
        subtopic = topic * SUBTOPICS + rng.integers(0, SUBTOPICS, size=count)
        noise = _unit(rng.standard_normal((count, dim), dtype=np.float32) * spectrum)
        return _unit(0.6 * topics[topic] + 0.5 * subtopics[subtopic] + 0.62 * noise)

    text = _unit(0.4**0.5 * towards_text + 0.6**0.5 * content(texts))
    image = _unit(0.53**0.5 * towards_image + 0.47**0.5 * content(images))
    return text, image


def with_near_copies(vectors: Floats, share: float, seed: int) -> Floats:
    """A share of the rows replaced by slightly moved copies of others (cosine about 0.97)."""
    rng = np.random.default_rng(seed)
    count = round(len(vectors) * share)
    rows = rng.permutation(len(vectors))
    noise = _unit(rng.standard_normal((count, vectors.shape[1]), dtype=np.float32))
    copied = vectors.copy()
    copied[rows[:count]] = _unit(vectors[rows[-count:]] + 0.25 * noise)
    return copied


def _unit(vectors: NDArray[np.floating]) -> Floats:
    unit: Floats = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit
