"""Products on a device of torch: nominees from half precision, with a bound of its error.

Rows are rounded to float16 on a GPU and to bfloat16 elsewhere (few CPUs multiply float16), and
multiplied there; what may reach its floor is scored in float32 in the order of
``scan.pair_scores``. So answers have the bits of every other path. What faiss nominates has no
such bound (``faiss_products``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from realsyn_tasks.vectors.scan import BLOCK, ROUNDING, Floats, Rows, blocks

if TYPE_CHECKING:
    import torch

GPU_BLOCK = 65_536  # rows of either side on a GPU; a tile of scores is cut to _SCORES
_SCORES = 1 << 28  # of one product: 512 MB
_PAIRS = 1 << 16  # scored at once: two gathers of 128 MB at 512 dimensions
_GROUP = 64  # base rows that are looked at by their highest score first
_SUM = 8 * ROUNDING  # of each addition inside a product; matrix units round less well than CPUs
_FITTING = 100.0  # norms up to which products stay far from float16's largest number
_ROOM = 1.001  # for the rounding of norms


@dataclass(frozen=True)
class Halves:
    """Rounded rows on a device, their largest norm, what rounding took at most, and all of them."""

    rows: torch.Tensor
    full: torch.Tensor  # float32
    norm: float
    lost: float

    def __getitem__(self, which: Any) -> Halves:
        """Some of the rows: a slice, or an array of row numbers."""
        return Halves(self.rows[which], self.full[which], self.norm, self.lost)

    def __len__(self) -> int:
        return len(self.rows)


class Products:
    """``scan.nominate`` on one device, of rows made ready by ``ready``."""

    def __init__(self, device: str) -> None:
        import torch

        self._torch, self._device = torch, torch.device(device)
        self._half = torch.float16 if self._device.type == "cuda" else torch.bfloat16
        self._unit = 2.0**-11 if self._device.type == "cuda" else 2.0**-8

    def tile(self, block: int) -> int:
        """Rows of one side of a product: the caller's, but large ones where that pays."""
        return GPU_BLOCK if self._device.type != "cpu" and block == BLOCK else block

    def ready(self, rows: Floats) -> Halves:
        """Round (n, d) rows on the device. Raises ValueError for NaN, infinity and huge norms."""
        full = self._torch.from_numpy(rows).to(self._device)
        if not len(rows):
            return Halves(full.to(self._half), full, 0.0, 0.0)
        norm = float(full.norm(dim=1).max()) * _ROOM
        if not np.isfinite(norm):
            raise ValueError("vectors hold NaN or infinity")
        if norm > _FITTING:
            raise ValueError(f"norms must be below {_FITTING:g} on a device; scale the rows")
        half = full.to(self._half)
        lost = float((full - half.float()).norm(dim=1).max()) * _ROOM
        return Halves(half, full, norm, lost + full.shape[1] * 2.0**-25)

    def nominate(
        self, queries: Halves, base: Halves, floors: Floats, k: int | None = None
    ) -> tuple[Rows, Rows]:
        """As ``scan.nominate``: a superset of the pairs that reach their query's floor."""
        found = [(rows, columns) for rows, columns in self._parts(queries, base, floors, k)]
        rows, columns = (self._joined(column) for column in zip(*found, strict=True))
        return rows, columns

    def scored(
        self, queries: Halves, base: Halves, floors: Floats, k: int | None = None
    ) -> tuple[Rows, Rows, Floats]:
        """Nominate, and score on the device with the bits of ``scan.pair_scores``."""
        found = [
            (rows, columns, self._pair_scores(queries, rows, base, columns))
            for rows, columns in self._parts(queries, base, floors, k)
        ]
        rows, columns, scores = (self._joined(column) for column in zip(*found, strict=True))
        return rows, columns, scores

    def _joined(self, parts: Sequence[torch.Tensor]) -> Any:
        return self._torch.cat(list(parts)).cpu().numpy()

    def _parts(
        self, queries: Halves, base: Halves, floors: Floats, k: int | None
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Nominate for so many queries at a time that their scores fit."""
        for some in blocks(max(1, len(queries)), max(1, _SCORES // max(1, len(base)))):
            rows, columns = self._nominees(queries[some], base, floors[some], k)
            yield rows + some.start, columns

    def _nominees(
        self, queries: Halves, base: Halves, floors: Floats, k: int | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Look at whole groups of base rows first: few of them hold anything high enough."""
        torch = self._torch
        with _whole_sums(torch):
            scores = queries.rows @ base.rows.T
        highest, slack = _group_maxima(scores), self._bound(queries, base)
        lowest = torch.from_numpy(floors).to(self._device) - slack
        if k is not None and k <= highest.shape[1]:
            best = highest.topk(k, dim=1).values[:, -1].float()  # so many rows are as good at least
            lowest = torch.maximum(lowest, best - 2 * slack)
        rows, groups = torch.nonzero(highest.float() >= lowest[:, None], as_tuple=True)
        columns = groups[:, None] * _GROUP + torch.arange(_GROUP, device=self._device)
        there = columns < len(base)
        values = scores[rows[:, None], columns.clamp(max=max(0, len(base) - 1))].float()
        good, places = torch.nonzero((values >= lowest[rows, None]) & there, as_tuple=True)
        return rows[good], columns[good, places]

    def pair_scores(self, left: Halves, i: Rows, right: Halves, j: Rows) -> Floats:
        """Score pairs of rows with the bits of ``scan.pair_scores``; (m,) float32."""
        rows, columns = (self._torch.from_numpy(side).to(self._device) for side in (i, j))
        scores: Floats = self._pair_scores(left, rows, right, columns).cpu().numpy()
        return scores

    def _pair_scores(
        self, left: Halves, rows: torch.Tensor, right: Halves, columns: torch.Tensor
    ) -> torch.Tensor:
        """Score pairs in float32, adding as ``scan.pair_scores`` does."""
        scores = left.full.new_empty(len(rows))
        for some in blocks(len(rows), _PAIRS):
            scores[some] = _tree_sum(left.full[rows[some]] * right.full[columns[some]])
        return scores

    def _bound(self, queries: Halves, base: Halves) -> float:
        """How far a product of rounded rows may be from ``pair_scores`` of the rows themselves."""
        both = queries.norm * base.norm
        rounded = queries.norm * base.lost + queries.lost * (base.norm + base.lost)
        sums = (queries.rows.shape[1] + 64) * _SUM * both * 2
        return (rounded + sums + self._unit * both) * _ROOM + 2.0**-23


def _group_maxima(scores: torch.Tensor) -> torch.Tensor:
    """Give the highest score of each group of columns; the last group may be short."""
    import torch

    whole = scores.shape[1] // _GROUP * _GROUP
    groups = scores[:, :whole].reshape(len(scores), whole // _GROUP, _GROUP)
    maxima: torch.Tensor = groups.amax(dim=2)
    if whole < scores.shape[1]:
        maxima = torch.cat([maxima, scores[:, whole:].amax(dim=1, keepdim=True)], dim=1)
    return maxima


def _tree_sum(terms: torch.Tensor) -> torch.Tensor:
    """Sum rows as ``scan`` does: halve the width until one column is left; overwrites ``terms``."""
    width = terms.shape[1]
    while width > 1:
        half = (width + 1) // 2
        terms[:, : width - half] += terms[:, half:width]
        width = half
    return terms[:, 0]


@contextmanager
def _whole_sums(torch: Any) -> Iterator[None]:
    """Sums in float32: on GPUs, torch may otherwise add partial sums in half precision."""
    matmul = torch.backends.cuda.matmul
    before = (
        matmul.allow_fp16_reduced_precision_reduction,
        matmul.allow_bf16_reduced_precision_reduction,
    )
    matmul.allow_fp16_reduced_precision_reduction = False
    matmul.allow_bf16_reduced_precision_reduction = False
    try:
        yield
    finally:
        matmul.allow_fp16_reduced_precision_reduction = before[0]
        matmul.allow_bf16_reduced_precision_reduction = before[1]
