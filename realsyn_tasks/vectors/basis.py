"""The directions in which rows of lists differ most, to look at in place of all dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from realsyn_tasks.vectors.scan import ROUNDING, Floats, Rows, as_rows

WIDTH = 192  # directions: fewer let too many rows pass, more cost more by themselves
_SAMPLE = 2048  # rows that choose them
_TINY = 1e-30
_LISTS = 512  # of so many lists at the most


@dataclass(frozen=True)
class Basis:
    """(d, m) ``axes``, orthonormal columns. What they are good for decides the time, never answers.

    They hold the directions of most variance, turned at random among themselves: so that none is
    longer than the others, as one scale rounds them all.
    """

    axes: Floats

    @classmethod
    def of(cls, rows: Floats, lists: Rows, width: int = WIDTH) -> Basis:
        """Fit to (n, d) rows, each less the mean of those of its list; ``lists`` (n,) ascending."""
        scaled = _fitting(rows)
        centred = _fitting(scaled - _means(scaled, lists))
        _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        most = min(width, rows.shape[1])
        return cls(as_rows(axes[:, ::-1][:, :most] @ _turn(most)))

    @cached_property
    def drift(self) -> float:
        """How far heads of a row may be from exact ones, as a share of its norm."""
        dim, width = self.axes.shape
        return float(width**0.5 * (dim + 4) * ROUNDING)

    def heads(self, rows: Floats) -> Floats:
        """(n, m) products of (n, d) rows with the axes."""
        made: Floats = rows @ self.axes
        return made


def sample(members: list[Rows]) -> tuple[Rows, Rows]:
    """Choose rows to fit a basis to: of many lists some each. Gives rows and number of the list."""
    some = members[:: -(-len(members) // _LISTS)] if members else []
    each = max(8, _SAMPLE // max(1, len(some)))
    taken = [rows[:: max(1, len(rows) // each)][:each] for rows in some]
    numbers = np.repeat(np.arange(len(taken)), [len(rows) for rows in taken])
    return np.concatenate(taken), numbers


def _fitting(rows: Floats) -> Floats:
    """Numbers up to 1, zeros for NaN: no basis can fail; who codes rows refuses such."""
    finite = np.nan_to_num(rows, posinf=0.0, neginf=0.0)
    scaled: Floats = finite / max(float(np.abs(finite).max()), _TINY)
    return scaled


def _means(rows: Floats, lists: Rows) -> Floats:
    _, starts, numbers, counts = np.unique(
        lists, return_index=True, return_inverse=True, return_counts=True
    )
    sums = np.add.reduceat(rows, starts, axis=0)
    means: Floats = (sums / counts[:, None])[numbers].astype(np.float32)
    return means


def _turn(size: int) -> np.ndarray:
    turn, _ = np.linalg.qr(np.random.default_rng(size).standard_normal((size, size)))
    return turn
