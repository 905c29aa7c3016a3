"""What pictures of unusual modes look like once decoded."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.pictures.pixels import decode


@pytest.mark.parametrize("container", ["PNG", "TIFF"])
def test_sixteen_bit_greys_keep_their_shades(container: str) -> None:
    shades = np.linspace(0, 0xFFFF, 100 * 100).reshape(100, 100).astype(np.uint16)
    stored = io.BytesIO()
    Image.fromarray(shades).save(stored, container)
    found = np.asarray(decode(stored.getvalue()))
    assert np.abs(found[..., 0].astype(int) - (shades >> 8)).max() <= 1
    assert (found[..., 0] == found[..., 2]).all()


def test_transparent_pixels_are_white() -> None:
    stored = io.BytesIO()
    Image.new("RGBA", (100, 100), (200, 0, 0, 0)).save(stored, "PNG")
    assert np.asarray(decode(stored.getvalue())).min() == 255
