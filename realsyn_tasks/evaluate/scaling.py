"""How a measure grows with the number of pairs: a - b / ln(x - c), the paper's form (§5, Eq. 3).

a is what endless data would give, b how far few data are from it, c a shift. For a given c the
rest is a straight line, so that c alone is searched for. Beyond what was measured it is an
extrapolation, and its interval says only how sure it is if the form is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
LEAST_POINTS = 4  # one more than there are parameters
NEAREST = 1.5  # x - c is at least this, since ln(1) = 0 is a pole


@dataclass(frozen=True)
class Fit:
    """The curve a - b / ln(x - c)."""

    a: float
    b: float
    c: float

    def __call__(self, x: Numbers) -> Numbers:
        """Give the measure at some numbers of pairs, of which none may be below those fitted."""
        grown: Numbers = self.a - self.b / np.log(x - self.c)
        return grown


def fit(x: Numbers, y: Numbers) -> Fit:
    """Fit to points (n,), n >= LEAST_POINTS, by least squares; ValueError if there are fewer.

    c lies between minus the largest x and just below the smallest.
    """
    from scipy.optimize import minimize_scalar

    if len(np.unique(x)) < LEAST_POINTS:
        raise ValueError(f"a curve of three parameters needs {LEAST_POINTS} different sizes")

    def missed(c: float) -> float:
        _, _, residual = _line(x, y, c)
        return residual

    bounds = (-float(x.max()), float(x.min()) - NEAREST)
    steps = np.linspace(*bounds, 41)
    near = int(np.argmin([missed(c) for c in steps]))
    around = (steps[max(0, near - 1)], steps[min(len(steps) - 1, near + 1)])
    best = minimize_scalar(missed, bounds=around, method="bounded")
    c = float(best.x) if best.fun <= missed(steps[near]) else float(steps[near])
    a, b, _ = _line(x, y, c)
    return Fit(a, b, c)


def _line(x: Numbers, y: Numbers, c: float) -> tuple[float, float, float]:
    """Give a, b and what is missed, squared, for a given c."""
    inverse = 1 / np.log(x - c)
    centred = inverse - inverse.mean()
    b = -float(centred @ (y - y.mean()) / (centred @ centred))
    a = float(y.mean() + b * inverse.mean())
    return a, b, float(((a - b * inverse - y) ** 2).sum())
