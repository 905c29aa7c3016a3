"""Images find their descriptions: what is never in the sample crawl, of stamps and of drawings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.sample_crawl import MissingApt, held_out, held_out_drawings, package_cache

Listing = Callable[[Path], list[tuple[Path, str]]]

# Image -> text R@5; drawn at random it is 0.03.
LEAST: dict[Listing, float] = {held_out: 0.40, held_out_drawings: 0.30}


@pytest.fixture(scope="module", params=LEAST, ids=["stamps", "drawings"])
def listing(request: pytest.FixtureRequest) -> Listing:
    return request.param


@pytest.fixture(scope="module")
def ranks(listing: Listing, conse: Any) -> np.ndarray:
    """How many of the other descriptions each picture prefers to its own."""
    try:
        pairs = listing(package_cache())
    except MissingApt as error:
        pytest.skip(str(error))
    texts = sorted({text for _, text in pairs})
    own = [texts.index(text) for _, text in pairs]
    images = [Image.open(path) for path, _ in pairs]
    scores = conse.encode_images(images) @ conse.encode_texts(texts).T
    return (scores > scores[np.arange(len(own)), own][:, None]).sum(axis=1)


def test_images_find_their_descriptions(listing: Listing, ranks: np.ndarray) -> None:
    assert len(ranks) >= 150
    recall = float(np.mean(ranks < 5))
    assert recall >= LEAST[listing], f"R@5 is {recall:.3f} over {len(ranks)} pictures"


def test_the_best_rank_is_the_most_common(ranks: np.ndarray) -> None:
    assert np.bincount(ranks).argmax() == 0
