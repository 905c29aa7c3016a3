"""Nominees from faiss: what its own products find nearest, on its CPU or on a GPU.

For those who choose it (`backend: faiss`). faiss states no bound of its error, so a row that scores
like the last of the best may be passed over. What it nominates is scored as everywhere
(``scan.pair_scores``), and what it loses is in the recall that a build plans by and audits.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.vectors.device import Halves, Products
from realsyn_tasks.vectors.scan import BLOCK, Floats, Rows

Backend = Literal["exact", "faiss"]
PREFIX = "faiss:"
SPARE = 8  # nominees beyond those asked for: float16 changes places of near ties
LARGE_BLOCK = 1 << 17  # rows of either side of one search: faiss cuts it as it likes
_SLACK = 2.0**-9  # of a product of unit rows in float16


def device_of(backend: Backend, device: str | None) -> str | None:
    """Name for the functions of this room what multiplies, given torch's device or None."""
    return device if backend == "exact" else f"{PREFIX}{device or 'cpu'}"


def products_of(device: str) -> Products | FaissProducts:
    """Make what multiplies on a device: torch, or faiss if its name begins so."""
    if device.startswith(PREFIX):
        return FaissProducts(device.removeprefix(PREFIX))
    return Products(device)


class FaissProducts:
    """Answers as ``device.Products`` does, but for its bound."""

    def __init__(self, device: str) -> None:
        import faiss

        self._faiss, self._torch = faiss, Products(device)
        self._resources: Any = None
        if device != "cpu":
            import faiss.contrib.torch_utils  # lets it read torch's tensors

            self._resources = faiss.StandardGpuResources()

    def tile(self, block: int) -> int:
        """Rows of one side of a search: the caller's, but large ones by default."""
        return LARGE_BLOCK if block == BLOCK else block

    def ready(self, rows: Floats) -> Halves:
        """Put (n, d) rows where faiss reads them; ValueError as ``device.Products.ready``."""
        return self._torch.ready(rows)

    def scored(
        self, queries: Halves, base: Halves, floors: Floats, k: int | None = None
    ) -> tuple[Rows, Rows, Floats]:
        """Give rows of queries and of the base, and their scores: the k best and some to spare.

        ValueError without k: faiss finds the best, not all that reach a floor.
        """
        if k is None:
            raise ValueError("faiss nominates the k best; for all near pairs use another device")
        scores, ids = self._nearest(queries, base, min(k + SPARE, len(base)))
        good = (ids >= 0) & (scores >= (floors - np.float32(_SLACK))[:, None])
        rows, places = np.nonzero(good)
        columns = ids[rows, places].astype(np.int64)
        return rows, columns, self._torch.pair_scores(queries, rows, base, columns)

    def _nearest(
        self, queries: Halves, base: Halves, count: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        metric = self._faiss.METRIC_INNER_PRODUCT
        if self._resources is None:
            left, right = queries.full.contiguous().numpy(), base.full.contiguous().numpy()
            scores, ids = self._faiss.knn(left, right, count, metric=metric)
            return scores, ids
        halves = (queries.rows.contiguous(), base.rows.contiguous())
        search: Any = self._faiss.knn_gpu
        found = search(self._resources, *halves, count, metric=metric)
        return found[0].cpu().numpy(), found[1].cpu().numpy()
