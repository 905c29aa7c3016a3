"""Products on a device of torch: nominees from half precision, with a bound of its error.

Rows are rounded to float16 on a GPU and to bfloat16 elsewhere (few CPUs multiply float16), and
multiplied there; what may reach its floor comes back and is scored by ``scan.pair_scores``. So
answers have the bits of every other path. faiss-gpu would give answers without a bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from realsyn_tasks.vectors.scan import BLOCK, ROUNDING, Floats, Rows

if TYPE_CHECKING:
    import torch

GPU_BLOCK = 8192  # rows of either side of one product on a GPU: a tile of scores is 128 MB
_SUM = 8 * ROUNDING  # of each addition inside a product; matrix units round less well than CPUs
_FITTING = 100.0  # norms up to which products stay far from float16's largest number
_ROOM = 1.001  # for the rounding of norms


@dataclass(frozen=True)
class Halves:
    """Rounded rows on a device, their largest norm and the largest norm of what rounding took."""

    rows: torch.Tensor
    norm: float
    lost: float

    def __getitem__(self, which: Any) -> Halves:
        """Some of the rows: a slice, or an array of row numbers."""
        return Halves(self.rows[which], self.norm, self.lost)

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
            return Halves(full.to(self._half), 0.0, 0.0)
        norm = float(full.norm(dim=1).max()) * _ROOM
        if not np.isfinite(norm):
            raise ValueError("vectors hold NaN or infinity")
        if norm > _FITTING:
            raise ValueError(f"norms must be below {_FITTING:g} on a device; scale the rows")
        half = full.to(self._half)
        lost = float((full - half.float()).norm(dim=1).max()) * _ROOM
        return Halves(half, norm, lost + full.shape[1] * 2.0**-25)

    def nominate(
        self, queries: Halves, base: Halves, floors: Floats, k: int | None = None
    ) -> tuple[Rows, Rows]:
        """As ``scan.nominate``: a superset of the pairs that reach their query's floor."""
        torch = self._torch
        with _whole_sums(torch):
            scores = (queries.rows @ base.rows.T).float()
        slack = self._bound(queries, base)
        lowest = torch.from_numpy(floors).to(self._device) - slack
        if k is not None and k < len(base):
            best = scores.topk(k, dim=1).values[:, -1]
            lowest = torch.maximum(lowest, best - 2 * slack)
        pairs = torch.nonzero(scores >= lowest[:, None]).cpu().numpy()
        return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])

    def _bound(self, queries: Halves, base: Halves) -> float:
        """How far a product of rounded rows may be from ``pair_scores`` of the rows themselves."""
        both = queries.norm * base.norm
        rounded = queries.norm * base.lost + queries.lost * (base.norm + base.lost)
        sums = (queries.rows.shape[1] + 64) * _SUM * both * 2
        return (rounded + sums + self._unit * both) * _ROOM + 2.0**-23


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
