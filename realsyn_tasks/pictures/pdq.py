"""PDQ, the 256-bit perceptual hash of hash-sharing programmes, after its published description.

Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (2019): light
is blurred by two passes of a box filter, sampled to 64 x 64, its 16 x 16 lowest waves without the
constant one are taken, and each is told whether it is above their median. Hashes within 31 bits are
held to be of one picture. The reference implementation is published as source only, not as wheels.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 64  # px of the picture that is hashed
WAVES = 16  # per axis
WORDS = 4  # of 64 bits, the lowest first
RADIUS = 31  # bits; what the description recommends
MIN_QUALITY = 50  # of 0..100; pictures with less in them are alike by chance
PASSES = 2
_LIGHT = np.array([0.299, 0.587, 0.114], dtype=np.float32)

Floats = NDArray[np.floating[Any]]
Hash = NDArray[np.uint64]  # (WORDS,)


def pdq(picture: Image.Image) -> tuple[Hash, int]:
    """Give the hash of an RGB picture, and its quality from 0 (flat) to 100."""
    light = np.asarray(picture.convert("RGB"), dtype=np.float32) @ _LIGHT
    small = _small(light)
    wave = _waves()
    values = (wave @ small @ wave.T).ravel()
    bits = values > np.sort(values)[(len(values) - 1) // 2]
    return np.packbits(bits, bitorder="little").view("<u8").astype(np.uint64), _quality(small)


def parse_pdq(text: str) -> Hash:
    """Read 64 hexadecimal digits, the highest bit first; ValueError for anything else."""
    if len(text) != 16 * WORDS:
        raise ValueError(f"{text!r} is no PDQ hash: it has {len(text)} digits, not 64")
    return np.frombuffer(bytes.fromhex(text)[::-1], dtype="<u8").astype(np.uint64)


def format_pdq(value: Hash) -> str:
    """Write a hash as 64 hexadecimal digits."""
    return value.astype("<u8").tobytes()[::-1].hex()


def distances(value: Hash, others: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Count the bits in which a hash differs from each of (n, WORDS) others; (n,)."""
    bits: NDArray[np.int64] = np.bitwise_count(others ^ value).sum(axis=1, dtype=np.int64)
    return bits


def _small(light: Floats) -> Floats:
    for _ in range(PASSES):
        light = _blurred(_blurred(light).T).T
    rows, columns = (((np.arange(SIDE) + 0.5) * n / SIDE).astype(int) for n in light.shape)
    return light[np.ix_(rows, columns)]


def _blurred(light: Floats) -> Floats:
    """Average along rows over about 1/128 of their length; fewer pixels count at the ends."""
    count = light.shape[1]
    width = -(-count // (2 * SIDE))
    ends = np.arange(count) + (width + 2) // 2
    last, first = np.minimum(ends, count), np.maximum(ends - width, 0)
    sums = np.zeros((len(light), count + 1))
    np.cumsum(light, axis=1, out=sums[:, 1:])
    means: Floats = (sums[:, last] - sums[:, first]) / (last - first)
    return means


def _quality(small: Floats) -> int:
    steps = [np.trunc(np.abs(np.diff(small, axis=axis)) * 100 / 255).sum() for axis in (0, 1)]
    return min(100, int(sum(steps)) // 90)


@lru_cache(maxsize=1)
def _waves() -> Floats:
    places = (2 * np.arange(SIDE) + 1) * math.pi / (2 * SIDE)
    waves: Floats = math.sqrt(2 / SIDE) * np.cos(np.outer(np.arange(1, WAVES + 1), places))
    return waves
