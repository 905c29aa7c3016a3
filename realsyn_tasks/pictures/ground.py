"""What most of a picture is, and what stands on it: tells signs and blanks from pictures.

Meant for small RGB pictures. What is dear is measured when it is asked for, so that a photograph,
which has no ground, costs little.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CELLS = 8  # a side of the grid on which marks are looked for
MARK = 12  # of 0..255; a pixel that differs so much from a clean ground is a mark
MARK_IN_NOISE = 6.0  # deviations of the ground
GREY = 12  # of 0..255; how far the channels of a grey are apart at most

Mask = NDArray[np.bool_]


class Ground:
    """The commonest colour of a picture, told apart in 32 steps a channel.

    The outermost cells of a grid do not count for what stands on it: a frame is no drawing.
    """

    def __init__(self, picture: Image.Image) -> None:
        self._pixels = np.asarray(picture, dtype=np.int16)
        steps = self._pixels >> 3
        colours = (steps[..., 0] << 10) | (steps[..., 1] << 5) | steps[..., 2]
        self._mask = colours == np.bincount(colours.ravel()).argmax()
        self._inside = tuple(slice(n // CELLS, n - n // CELLS) for n in self._mask.shape)

    @cached_property
    def share(self) -> float:
        """Give the ground's share of the inner pixels."""
        return float(self._mask[self._inside].mean())

    @cached_property
    def noise(self) -> float:
        """Give the largest standard deviation of a channel in the ground; a camera's is never 0."""
        return float(self._own.std(axis=0).max())

    @cached_property
    def clean(self) -> float:
        """Give the share of the ground that has exactly one colour."""
        return float((self._own == self._colour).all(axis=1).mean())

    @cached_property
    def drawn(self) -> float:
        """Give the share of the inner cells of the grid that have marks on them."""
        rows, columns = (np.linspace(0, n, CELLS + 1).astype(int)[1:-1] for n in self._marks.shape)
        cells = [
            self._marks[top:bottom, left:right].any()
            for top, bottom in pairwise(rows)
            for left, right in pairwise(columns)
        ]
        return float(np.mean(cells))

    @cached_property
    def height(self) -> float:
        """Give the height of what stands on the ground, of the picture's."""
        rows = np.flatnonzero(self._marks[self._inside].any(axis=1))
        return float((rows[-1] - rows[0] + 1) / len(self._mask)) if len(rows) else 0.0

    @cached_property
    def solid(self) -> float:
        """Give the share of pixels within marks that are more than lines."""
        return float(_eroded(self._marks, 1).mean())

    @cached_property
    def shading(self) -> float:
        """Give the standard deviation of what lies well within marks; of a sign it is near 0."""
        within = self._pixels[self._insides]
        return float(within.std(axis=0).max()) if len(within) >= CELLS else 0.0

    @cached_property
    def grain(self) -> float:
        """Give how uneven the light well within marks is, of 0..255; a smooth change is even."""
        light = self._pixels.sum(axis=2) / 3
        uneven = np.abs(2 * light[:, 1:-1] - light[:, :-2] - light[:, 2:])
        within = uneven[self._insides[:, 1:-1]]
        return float(np.median(within)) if len(within) >= CELLS else 0.0

    @cached_property
    def contrast(self) -> float:
        """Give how far most marks differ from the ground at most, of 0..255."""
        marks = self._differences[self._marks]
        return float(np.percentile(marks, 95)) if len(marks) else 0.0

    @cached_property
    def is_grey(self) -> bool:
        """Say whether the whole picture has no colours."""
        spread = self._pixels.max(axis=2) - self._pixels.min(axis=2)
        return bool(spread.max() <= GREY)

    @cached_property
    def _insides(self) -> Mask:
        return _eroded(self._marks, 2)

    @cached_property
    def _own(self) -> NDArray[np.int16]:
        own: NDArray[np.int16] = self._pixels[self._mask]
        return own

    @cached_property
    def _colour(self) -> NDArray[np.float64]:
        colour: NDArray[np.float64] = np.median(self._own, axis=0)
        return colour

    @cached_property
    def _differences(self) -> NDArray[np.float64]:
        apart: NDArray[np.float64] = np.abs(self._pixels - self._colour).max(axis=2)
        return apart

    @cached_property
    def _marks(self) -> Mask:
        marks: Mask = self._differences >= max(MARK, MARK_IN_NOISE * self.noise)
        return marks


def _eroded(marks: Mask, by: int) -> Mask:
    """Leave out what is nearer to the border of marks than so many pixels."""
    for axis in (0, 1):
        marks = np.logical_and.reduce([np.roll(marks, n, axis) for n in range(-by, by + 1)])
    return marks
