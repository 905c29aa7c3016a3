"""The 64-bit perceptual hash by which near-identical pictures are found.

The low frequencies of a small grey picture, each told whether it is above their median: scaling,
recompression and light changes move few bits, another picture moves about half of them.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

SIDE = 32  # px of the grey picture
BITS = 8  # per axis


def perceptual_hash(picture: Image.Image) -> int:
    """Give the DCT hash of a picture as an unsigned 64-bit integer."""
    from scipy.fft import dctn

    grey = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    waves = dctn(np.asarray(grey, dtype=np.float64), norm="ortho")[:BITS, :BITS].ravel()
    above = waves > np.median(waves[1:])  # the first one is the mean light
    return int.from_bytes(np.packbits(above).tobytes(), "big")
