"""Upper bounds of cosines from a few dimensions, to look at few pairs in full.

In a basis ordered by variance, x.y = Px.Py + Rx.Ry <= Px.Py + |Rx| |Ry| for the first dimensions
P and the rest R. So the rows (Px, |Rx|) have dot products that are never below the true ones,
at a fraction of the cost. Rounding is added to the bound, so it holds of the computed numbers.
"""

from __future__ import annotations

import numpy as np

from realsyn_tasks.vectors.hash_order import bottom_k, row_order
from realsyn_tasks.vectors.scan import ROUNDING, Floats, as_rows, largest_norm, nominate

WIDTHS = (32, 48, 64, 96, 128, 256)  # columns of a shadow, the last one for what is left out
_SAMPLE = 1024  # rows that choose the basis and the width
_IN_FULL = 100_000  # scoring one nominated pair costs about as much as this many columns


class Shadows:
    """Narrow stand-ins for rows like those of ``sample``, whose products bound theirs from above.

    The sample decides only how fast the filter is, never what it lets through wrongly: nothing.
    ``compared`` are rows of which all pairs will be looked at, if those are not any of the sample.
    """

    def __init__(self, sample: Floats, threshold: float, compared: Floats | None = None) -> None:
        rows = _some(sample)
        _, basis = np.linalg.eigh(rows.T.astype(np.float64) @ rows)
        self._basis: Floats = as_rows(basis[:, ::-1])
        self._drift = 0.0
        close = rows if compared is None else _some(compared)
        self._set(self._cheapest(close, threshold))

    def of(self, rows: Floats) -> Floats:
        """(n, width) float32 shadows of the (n, d) rows; the rows themselves at full width."""
        if self.width == rows.shape[1]:
            return rows
        head = rows @ self._basis[:, : self.width - 1]
        norms = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
        left = norms * (1 + 3 * self._drift) - np.einsum("ij,ij->i", head, head, dtype=np.float64)
        rest = np.sqrt(np.maximum(left, 0)).astype(np.float32) * np.float32(1 + 4 * ROUNDING)
        return as_rows(np.column_stack([head, rest]))

    def split(self, rows: Floats) -> tuple[Floats, Floats | None]:
        """Shadows without and with only their last column; at full width there is nothing left."""
        shadows = self.of(rows)
        if shadows is rows:
            return rows, None
        return as_rows(shadows[:, :-1]), shadows[:, -1]

    def slack(self, left: Floats, right: Floats) -> float:
        """By how much a product of shadows may still be below that of these full rows."""
        return 3 * self._drift * largest_norm(left) * largest_norm(right)

    def _fitting(self) -> list[int]:
        dim = len(self._basis)
        return [width for width in WIDTHS if width < dim] + [dim]

    def _set(self, width: int) -> None:
        """Choose a width; rotating to it in float32 moves a row by at most drift * norm."""
        dim = len(self._basis)
        self.width = width
        self._drift = 0.0 if width == dim else width**0.5 * (dim + 4) * ROUNDING

    def _cheapest(self, rows: Floats, threshold: float) -> int:
        """The width of least cost; those that cost more by themselves are not tried."""
        least, cheapest = float("inf"), 0
        for width in self._fitting():
            if width >= least:
                break
            cost = self._cost(rows, threshold, width)
            if cost < least:
                least, cheapest = cost, width
        return cheapest

    def _cost(self, rows: Floats, threshold: float, width: int) -> float:
        self._set(width)
        shadows = self.of(rows)
        floors = np.full(len(rows), threshold - self.slack(rows, rows), dtype=np.float32)
        nominees = len(nominate(shadows, shadows, floors)[0]) - len(rows)
        return width + _IN_FULL * max(0, nominees) / len(rows) ** 2


def _some(rows: Floats) -> Floats:
    return rows[np.sort(bottom_k(row_order(len(rows), 0), _SAMPLE))]
