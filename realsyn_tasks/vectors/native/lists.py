"""Lists coded for ``lists.cpp``, and queries that visit them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.vectors.basis import Basis
from realsyn_tasks.vectors.native import LANES, LARGEST, Kernel, aligned, within
from realsyn_tasks.vectors.scan import Floats, Hashes, Rows, Vectors

_BYTES = 64  # codes of a row come in so many
_HEAD_LEVELS = 127  # of queries
_SCALE_FROM = 64  # heads are rounded as if they were at least this share of the whole
_ROOM, _TINY = 1.001, 1e-16
_AT_ONCE = 4096  # queries whose heads are made at a time


class _Asked(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("values", "codes", "heads", "stats")),
        ("unit", ctypes.c_float),
    )


class _List(ctypes.Structure):
    _fields_ = (
        *(
            (name, ctypes.c_void_p)
            for name in ("values", "index", "names", "panel", "codes", "rows", "groups", "mean")
        ),
        *((name, ctypes.c_int64) for name in ("count", "d", "padded", "steps")),
        ("unit", ctypes.c_float),
        ("longest", ctypes.c_float),
        ("half", ctypes.c_int),
    )


@dataclass(frozen=True)
class Frame:
    """What codes are made in: a basis, and the centre (d,) of queries like those to come."""

    basis: Basis
    centre: Floats

    @property
    def padded(self) -> int:
        return -(-len(self.centre) // _BYTES) * _BYTES

    @property
    def steps(self) -> int:
        return -(-int(self.basis.axes.shape[1]) // 4)


@dataclass(frozen=True)
class CodedList:
    """The rows of one list; keeps what it points to alive."""

    side: _List
    mean: Floats
    arrays: tuple[NDArray[Any], ...]

    def __len__(self) -> int:
        return int(self.side.count)


class Asked:
    """Queries made ready to visit lists of one frame."""

    def __init__(self, kernel: Kernel, frame: Frame, queries: Floats) -> None:
        """Code (q, d) queries. Raises ValueError for rows with NaN or infinity."""
        self._kernel, self.queries = kernel, queries
        codes = aligned(len(queries) * frame.padded).view(np.int8)
        self._codes = codes.reshape(len(queries), frame.padded)
        self._heads = np.zeros((len(queries), 4 * frame.steps), dtype=np.int8)
        self._stats = np.zeros((len(queries), 9), dtype=np.float32)
        if kernel.code_queries(queries, frame.centre, self._codes, self._stats):
            raise ValueError("vectors hold NaN or infinity")
        unit = self._code_heads(frame)
        places = (array.ctypes.data for array in (queries, self._codes, self._heads, self._stats))
        self._side = _Asked(*places, unit)

    @property
    def fits(self) -> bool:
        """Whether bounds of products with such rows are far from overflow."""
        return not len(self._stats) or float(self._stats[:, 4].max()) <= LARGEST

    def visit(
        self,
        coded: CodedList,
        which: Rows,
        nearest: NDArray[np.bool_],
        keys: Hashes,
        slots: Rows,
        cut: tuple[float, float],
        dots: Floats | None = None,
    ) -> None:
        """Offer a list's rows to queries ``which``; the ``nearest`` of them look at all of it.

        ``dots`` are products of theirs with the list's mean, if those are known.
        """
        which, slots = within(which, len(self.queries)), within(slots, len(keys))
        flags = np.ascontiguousarray(nearest, dtype=np.uint8)
        self._kernel.visit_list(self._side, which, slots, flags, dots, coded.side, keys, cut)

    def _code_heads(self, frame: Frame) -> float:
        """Round heads to one scale for all; see QueryStats in lists.cpp."""
        if not len(self.queries):
            return 1.0
        longest = float(self._stats[:, 4].max())
        heads = np.concatenate(
            [
                frame.basis.heads(self.queries[first : first + _AT_ONCE] - frame.centre)
                for first in range(0, len(self.queries), _AT_ONCE)
            ]
        )
        top = max(float(np.abs(heads).max()), longest / _SCALE_FROM, 1e-13)
        unit = np.float32(top / _HEAD_LEVELS * 1.000001)
        rounded = np.rint(heads / unit)
        self._heads[:, : heads.shape[1]] = rounded
        off = frame.basis.drift * self._stats[:, 4].astype(np.float64) + _TINY
        error = _norms(heads - rounded * unit) + off
        full = _norms(self.queries - frame.centre)
        least = np.maximum(0, _norms(heads) - off)
        rest = np.sqrt(np.maximum(0, (full * (1 + 1e-4)) ** 2 - least**2))
        columns = (rounded.sum(axis=1), rest, _norms(rounded * unit), error)
        for place, column in zip((5, 6, 7, 8), columns, strict=True):
            self._stats[:, place] = column if place == 5 else column * _ROOM + _TINY
        return float(unit)


def code_lists(
    kernel: Kernel, frame: Frame, base: Vectors, members: Sequence[Rows], names: Sequence[Rows]
) -> list[CodedList] | None:
    """Code lists whose rows of ``base`` (n, d) are ``members``, and which are called ``names``.

    ``base`` is float32 or float16, C-contiguous, and kept. Returns None for rows so long that
    another path has to take them. Raises ValueError for rows with NaN or infinity.
    """
    index = np.concatenate(members) if members else np.empty(0, dtype=np.int64)
    rows = kernel.gather(base, within(index, len(base)))
    heads = frame.basis.heads(rows)
    lists, start = [], 0
    for some, called in zip(members, names, strict=True):
        part = slice(start, start + len(some))
        coded = _coded(kernel, frame, base, rows[part], heads[part], (some, called))
        if coded is None:
            return None
        lists.append(coded)
        start = part.stop
    return lists


def _coded(
    kernel: Kernel,
    frame: Frame,
    base: Vectors,
    rows: Floats,
    heads: Floats,
    which: tuple[Rows, Rows],
) -> CodedList | None:
    count, groups = len(rows), -(-len(rows) // LANES)
    mean: Floats = rows.mean(axis=0, dtype=np.float32)
    panel = aligned(groups * frame.steps * 64)
    codes = aligned(count * frame.padded)
    stats = np.empty((count, 4), dtype=np.float32)
    largest = np.zeros((groups, 4), dtype=np.float32)
    order, numbers = np.empty(count, dtype=np.int64), np.zeros(2, dtype=np.float32)
    given = (rows, mean, frame.centre, heads, frame.basis.heads(mean[None])[0])
    made = (panel, codes, stats, largest, order, numbers)
    if kernel.code_list(given, frame.padded, frame.steps, frame.basis.drift, made):
        raise ValueError("vectors hold NaN or infinity")
    unit, longest = numbers.tolist()
    if longest > LARGEST:
        return None
    index, names = (np.ascontiguousarray(side[order], dtype=np.int64) for side in which)
    arrays = (base, index, names, panel, codes, stats, largest, mean)
    places = (array.ctypes.data for array in arrays)
    sizes = (count, rows.shape[1], frame.padded, frame.steps)
    half = int(base.dtype == np.float16)
    return CodedList(_List(*places, *sizes, unit, longest, half), mean, arrays)


def _norms(rows: NDArray[Any]) -> NDArray[np.float64]:
    norms: NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    return norms
