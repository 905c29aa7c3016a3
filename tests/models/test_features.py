"""Features are an encoder's own vectors, or the better ones that it has."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.models import features
from realsyn_tasks.models.classifier import FEATURES
from realsyn_tasks.models.encoder_conse import ConseEncoder
from realsyn_tasks.models.protocols import Running
from tests.tiny_models import TinyEncoder

PICTURES = [Image.new("RGB", (120, 90), colour) for colour in ("red", "navy")]
TEXTS = ["a red square", "the sea"]


def test_vectors_are_features_where_there_are_no_better_ones() -> None:
    encoder = TinyEncoder()
    for seen, vectors in (
        (features.of_pictures(encoder, PICTURES), encoder.encode_images(PICTURES)),
        (features.of_texts(encoder, TEXTS), encoder.encode_texts(TEXTS)),
    ):
        assert np.array_equal(seen.vectors, vectors)
        assert np.array_equal(seen.features, vectors)


def test_the_embedded_encoder_has_what_its_classes_come_from() -> None:
    encoder = ConseEncoder(ConseEncoder.Options(), Running(), cache_folder())
    pictures, texts = features.of_pictures(encoder, PICTURES), features.of_texts(encoder, TEXTS)
    assert np.array_equal(pictures.vectors, encoder.encode_images(PICTURES))
    assert pictures.features.shape == (2, FEATURES)
    assert pictures.features.std(axis=0).max() > 0
    lengths = np.linalg.norm(texts.features, axis=1, keepdims=True)
    assert texts.features / lengths == pytest.approx(texts.vectors, abs=1e-6)
    assert encoder.picture_features([]).features.shape == (0, FEATURES)
