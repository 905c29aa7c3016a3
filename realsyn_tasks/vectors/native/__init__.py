"""The fused int8 products of ``scan.cpp`` and ``lists.cpp``: nominate and rescore in one pass.

No kept library has it: torch, oneDNN and numkong multiply int8 matrices but write every product
out, and selecting from those takes longer than the product (measured 3 x slower as a whole);
faiss decodes SQ8 to floats, and its RaBitQ and PQ FastScan have no bound, so their answers are
approximate; usearch scores pair by pair.

``.ci/native`` compiles it into the environment, once for each instruction set. Without a compiler
or on another CPU there is no kernel, and callers take the portable path, which gives the same
bits. ``amx`` multiplies by tiles; its other steps are those of ``avx512vnni``, the next where the
CPU or the system has no tiles for this process. ``REALSYN_KERNEL`` chooses by
name: ``portable`` never uses a kernel.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.vectors.scan import Floats, Hashes, Rows, Vectors

NAMES = ("amx", "avx512vnni", "avx2")  # best first
PORTABLE = "portable"
SOURCES = [path for end in ("cpp", "h") for path in sorted(Path(__file__).parent.glob(f"*.{end}"))]
WIDEST = 1 << 14  # dimensions up to which sums of products fit 32 bits with room
LANES = 16  # base rows of one group
_LINE, _TILE = 64, 1024  # bytes of a line of the cache, and of one load of a tile
_EXTRA, _WHOLE, _STATS = 2, 5, 7  # rows of the stats, and how many; see scan.cpp
LARGEST = 1e15  # norms above this could overflow a bound in float32
_SAMPLE = 1024  # rows that choose a centre


class _Side(ctypes.Structure):
    _fields_ = (
        ("values", ctypes.c_void_p),
        ("index", ctypes.c_void_p),
        ("codes", ctypes.c_void_p),
        ("stats", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("stride", ctypes.c_int64),
        ("d", ctypes.c_int64),
        ("padded", ctypes.c_int64),
    )


_P, _I, _F, _B = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float, ctypes.c_int
_S = ctypes.POINTER(_Side)
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "supported": (_B, ()),
    "quantise": (_B, (_P, _P, _I, _I, _I, _I, _P, _P, _F, _B, _P, _P, _I)),
    "offer": (None, (_S, _P, _P, _I, _S, _F, _P, _P, _I)),
    "pairs": (_I, (_S, _P, _I, _S, _I, _I, _F, _F, _F, _P, _P, _I, _B, _P, _P, _I)),
    "pair_scores": (None, (_P, _P, _P, _P, _I, _I, _P)),
    "gather": (None, (_P, _B, _P, _I, _I, _P)),
    "code_queries": (_B, (_P, _I, _I, _I, _P, _F, _P, _P)),
    "code_list": (_B, (_P, _I, _I, _I, _P, _F, *[_P] * 3, _I, _I, _F, *[_P] * 7)),
    "visit_list": (None, (*[_P] * 5, _I, _P, _P, _I, _F, _F)),
    "best_of_products": (None, (_P, _I, _I, _P, _P, _I, _F, _I, _P)),
}


class Coded:
    """Rows of one side, rounded to int8 around a centre; keeps what it points to alive."""

    def __init__(self, values: Floats, index: Rows | None, *, base: bool) -> None:
        self.values, self.base = values, base
        self.index = None if index is None else within(index, len(values))
        self.count = len(values if index is None else index)
        self.dim = values.shape[1]
        padded, stride = _rounded(self.dim), _rounded(self.count)
        room = aligned(stride * padded + _TILE)  # reads of tiles may go beyond the last row
        self.codes = room[: stride * padded].reshape(stride, padded)
        self.stats = np.zeros((_STATS, max(stride, 1)), dtype=np.float32)
        index_at = None if self.index is None else self.index.ctypes.data
        self.side = _Side(
            values.ctypes.data,
            index_at,
            self.codes.ctypes.data,
            self.stats.ctypes.data,
            self.count,
            stride,
            self.dim,
            padded,
        )

    @property
    def fits(self) -> bool:
        """Whether bounds of products with such rows are far from overflow."""
        return float(self.stats[_WHOLE].max()) <= LARGEST

    def add(self, extra: Floats) -> None:
        """Products of these numbers, one for each row, are to be added to the bound."""
        self.stats[_EXTRA, : self.count] = extra


class Kernel:
    """The functions of one compiled library, on arrays."""

    def __init__(self, name: str, library: ctypes.CDLL) -> None:
        self.name = name
        self._library = library
        for function, (result, arguments) in _SIGNATURES.items():
            getattr(library, function).restype = result
            getattr(library, function).argtypes = arguments

    @property
    def supported(self) -> bool:
        return bool(self._library.supported())

    def code(
        self,
        values: Floats,
        centre: Floats,
        other: Floats,
        *,
        base: bool,
        index: Rows | None = None,
        threads: int = 1,
    ) -> Coded:
        """Round the (n, d) rows, or those of ``index``, around ``centre`` (d,).

        ``other`` is the other side's centre. Raises ValueError for rows with NaN or infinity.
        """
        coded = Coded(values, index, base=base)
        norm = _norm(centre)

        def part(first: int) -> int:
            side = coded.side
            end = min(coded.count, first + step)
            numbers = (first, end, side.d, side.padded)
            places = (centre.ctypes.data, other.ctypes.data, norm, int(base))
            into = (side.codes, side.stats, coded.stats.shape[1])
            return int(self._library.quantise(side.values, side.index, *numbers, *places, *into))

        step = _rounded(-(-max(coded.count, 1) // threads))
        if any(each(part, range(0, coded.count, step), threads)):
            raise ValueError("vectors hold NaN or infinity")
        return coded

    def offer(
        self,
        queries: Coded,
        which: Rows,
        slots: Rows,
        base: Coded,
        constant: float,
        ids: Rows,
        keys: Hashes,
    ) -> None:
        """Offer all base rows, named ``ids``, to queries ``which``, best kept in keys[slots]."""
        which, slots = within(which, queries.count), within(slots, len(keys))
        whom = (which.ctypes.data, slots.ctypes.data, len(which))
        best = (ids.ctypes.data, keys.ctypes.data, keys.shape[1])
        self._library.offer(queries.side, *whom, base.side, constant, *best)

    def pairs(
        self,
        queries: Coded,
        which: Rows,
        base: Coded,
        groups: range,
        limits: tuple[float, float, float],
        full: tuple[Floats, Floats],
        upper: bool,
    ) -> tuple[Rows, Floats]:
        """Pairs of rows that score at least a threshold in full; (m, 2) and (m,).

        ``limits`` are the constant of the two centres, the floor of coded scores, the threshold.
        """
        row_pairs, scores = (
            np.empty((1 << 12, 2), dtype=np.int64),
            np.empty(1 << 12, dtype=np.float32),
        )
        while True:
            count = self._library.pairs(
                *(queries.side, which.ctypes.data, len(which), base.side),
                *(groups.start, groups.stop, *limits),
                *(full[0].ctypes.data, full[1].ctypes.data, full[0].shape[1], int(upper)),
                *(row_pairs.ctypes.data, scores.ctypes.data, len(row_pairs)),
            )
            if count <= len(row_pairs):
                return row_pairs[:count], scores[:count]
            row_pairs, scores = (
                np.empty((count, 2), dtype=np.int64),
                np.empty(count, dtype=np.float32),
            )

    def pair_scores(self, left: Floats, i: Rows, right: Floats, j: Rows) -> Floats:
        """``scan.pair_scores`` with the same bits, of C-contiguous float32 rows."""
        scores = np.empty(len(i), dtype=np.float32)
        i, j = within(i, len(left)), within(j, len(right))
        rows = (left.ctypes.data, i.ctypes.data, right.ctypes.data, j.ctypes.data)
        self._library.pair_scores(*rows, len(i), left.shape[1], scores.ctypes.data)
        return scores

    def gather(self, values: Vectors, index: Rows) -> Floats:
        """Rows ``index`` of C-contiguous float32 or float16 rows, as float32."""
        rows = np.empty((len(index), values.shape[1]), dtype=np.float32)
        half, count, dim = int(values.dtype == np.float16), *rows.shape
        self._library.gather(
            values.ctypes.data, half, index.ctypes.data, count, dim, rows.ctypes.data
        )
        return rows

    def code_queries(
        self, queries: Floats, centre: Floats, codes: NDArray[np.int8], stats: Floats
    ) -> int:
        """See lists.cpp."""
        sizes = (len(queries), queries.shape[1], codes.shape[1])
        into = (centre.ctypes.data, _norm(centre), codes.ctypes.data, stats.ctypes.data)
        return int(self._library.code_queries(queries.ctypes.data, *sizes, *into))

    def code_list(
        self,
        given: tuple[Floats, Floats, Floats, Floats, Floats],
        padded: int,
        steps: int,
        drift: float,
        made: tuple[NDArray[Any], ...],
    ) -> int:
        """See lists.cpp. ``given``: rows, their mean, the queries', heads of the rows and mean."""
        rows, mean, towards, heads, mean_head = given
        numbers = made[-1].ctypes.data
        return int(
            self._library.code_list(
                *(rows.ctypes.data, *rows.shape, padded, mean.ctypes.data, _norm(mean)),
                *(towards.ctypes.data, heads.ctypes.data, mean_head.ctypes.data),
                *(heads.shape[1], steps, drift),
                *(array.ctypes.data for array in made[:-1]),
                *(numbers, numbers + 4),
            )
        )

    def visit_list(
        self,
        asked: ctypes.Structure,
        which: Rows,
        slots: Rows,
        nearest: NDArray[np.uint8],
        dots: Floats | None,
        coded: ctypes.Structure,
        keys: Hashes,
        cut: tuple[float, float],
    ) -> None:
        """See lists.cpp."""
        known = None if dots is None else dots.ctypes.data
        whom = (which.ctypes.data, slots.ctypes.data, nearest.ctypes.data, known, len(which))
        best = (keys.ctypes.data, keys.shape[1])
        self._library.visit_list(ctypes.byref(asked), *whom, ctypes.byref(coded), *best, *cut)

    def best_of_products(
        self, products: Floats, queries: Floats, base: Floats, slack: float, k: int
    ) -> Rows:
        """The k rows of ``base`` that score best with each query, best first; (q, k).

        ``products`` (q, b) are as far as ``slack`` from their scores at the most. Ties go to the
        lower row.
        """
        best = np.empty((len(queries), k), dtype=np.int64)
        places = (queries.ctypes.data, base.ctypes.data, queries.shape[1])
        self._library.best_of_products(
            products.ctypes.data, *products.shape, *places, slack, k, best.ctypes.data
        )
        return best


class Scanner:
    """Queries made ready for offers of many blocks of a base like ``sample``.

    The sample only centres: how fast a search is depends on it, its answer does not.
    """

    def __init__(self, kernel: Kernel, queries: Floats, sample: Floats) -> None:
        self._kernel = kernel
        self.middle, self.centre = mean_row(queries), mean_row(sample)
        self._constant = float(self.middle.astype(np.float64) @ self.centre)
        threads = workers(len(queries) // 4)
        self._queries = kernel.code(queries, self.middle, self.centre, base=False, threads=threads)

    @property
    def fits(self) -> bool:
        return self._queries.fits

    def offer(
        self,
        keys: Hashes,
        which: Rows,
        slots: Rows,
        base: Floats,
        ids: Rows,
        index: Rows | None = None,
        threads: int | None = None,
    ) -> bool:
        """Offer rows ``index`` (or all) of ``base``, named ``ids``, to queries ``which``.

        Their k best are rows ``slots`` of the (n, k) ``keys``. Returns False, having done nothing,
        for rows so long that the portable path has to take them.
        """
        count = threads or workers(len(which) * len(ids) * base.shape[1] >> 16)
        coded = self._kernel.code(
            base, self.centre, self.middle, base=True, index=index, threads=count
        )
        if not coded.fits:
            return False

        def part(some: slice) -> None:
            at = (which[some], slots[some])
            self._kernel.offer(self._queries, *at, coded, self._constant, ids, keys)

        step = max(8, -(-len(which) // count))
        each(part, [slice(start, start + step) for start in range(0, len(which), step)], count)
        return True


def scanner(queries: Floats, sample: Floats) -> Scanner | None:
    """A scanner of (q, d) queries, or None where the portable path has to do it."""
    compiled = kernel()
    fits = 0 < queries.shape[1] <= WIDEST and queries.shape[1] == sample.shape[1]
    if compiled is None or not fits or not len(queries):
        return None
    made = Scanner(compiled, queries, sample)
    return made if made.fits else None


def kernel() -> Kernel | None:
    """The kernel in use in this process, None for the portable path."""
    return _named(os.environ.get("REALSYN_KERNEL", ""))


def kernel_name() -> str:
    """For logs and results: one of ``NAMES``, or ``portable``."""
    compiled = kernel()
    return compiled.name if compiled else PORTABLE


@cache
def _named(name: str) -> Kernel | None:
    if name not in ("", PORTABLE, *NAMES):
        raise ValueError(f"REALSYN_KERNEL={name} is none of {', '.join((*NAMES, PORTABLE))}")
    wanted = [] if name == PORTABLE else [name] if name else NAMES
    for each_name in wanted:
        path = library_path(each_name)
        if path.exists():
            compiled = Kernel(each_name, ctypes.CDLL(str(path)))
            if compiled.supported:
                return compiled
    if name not in ("", PORTABLE):
        raise ValueError(f"REALSYN_KERNEL={name}: not compiled (run .ci/native), or not this CPU's")
    return None


def library_path(name: str) -> Path:
    """Where ``.ci/native`` puts the kernel that is compiled from the present source."""
    digest = sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()[:12]
    return Path(sys.prefix) / "lib" / "realsyn" / f"scan-{name}-{digest}.so"


def aligned(size: int) -> NDArray[np.uint8]:
    """Zeros that begin with a line of the cache, so that no load touches two."""
    room = np.zeros(size + _LINE, dtype=np.uint8)
    first = -room.ctypes.data % _LINE
    return room[first : first + size]


def mean_row(rows: Floats) -> Floats:
    """Mean of a regular sample of the (n, d) rows; zeros when there are none."""
    if not len(rows):
        return np.zeros(rows.shape[1], dtype=np.float32)
    some = rows[:: max(1, len(rows) // _SAMPLE)]
    mean: Floats = some.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def workers(work: int) -> int:
    """Threads for so much work, in microseconds: more than one only where that pays."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    most = int(limit) if limit.isdigit() else len(os.sched_getaffinity(0))
    return max(1, min(most, work // 500))


def each(function: Callable[[Any], Any], items: Iterable[Any], threads: int) -> list[Any]:
    """Results in order; on threads, which run at once as the kernel lets go of Python's lock."""
    if threads == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))


def _norm(row: Floats) -> float:
    return float(np.linalg.norm(row.astype(np.float64))) * 1.001


def within(rows: Rows, count: int) -> Rows:
    """Row numbers that may be followed as pointers."""
    numbers = np.ascontiguousarray(rows, dtype=np.int64)
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < count:
        raise IndexError(f"row numbers must be between 0 and {count - 1}")
    return numbers


def _rounded(count: int) -> int:
    return -(-count // LANES) * LANES
