"""float16 to float32 and back by the CPU's own instructions, which numpy's wheels don't use.

`.ci/native` compiles `halves.cpp` into the environment. Without a compiler, or on another CPU,
numpy gives the same bits.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

SOURCE = Path(__file__).with_suffix(".cpp")
Array = np.ndarray[Any, Any]


def widen(halves: Array, into: Array) -> None:
    """Write float16 as float32 into an array of the same shape; both are C-contiguous."""
    library = _library()
    if library is None or halves.dtype != np.float16 or not halves.flags.c_contiguous:
        np.copyto(into, halves)
    else:
        library.widen(halves.ctypes.data, into.ctypes.data, halves.size)


def narrowed(values: Array) -> Array:
    """Give numbers as C-contiguous float16, rounded to the nearest."""
    library = _library()
    if library is None or values.dtype != np.float32 or not values.flags.c_contiguous:
        return np.ascontiguousarray(values, dtype=np.float16)
    halves = np.empty(values.shape, dtype=np.float16)
    library.narrow(values.ctypes.data, halves.ctypes.data, values.size)
    return halves


def library_path() -> Path:
    """Where `.ci/native` puts what it compiles from the present source."""
    digest = sha256(SOURCE.read_bytes()).hexdigest()[:12]
    return Path(sys.prefix) / "lib" / "realsyn" / f"halves-{digest}.so"


@cache
def _library() -> ctypes.CDLL | None:
    if not library_path().exists():
        return None
    library = ctypes.CDLL(str(library_path()))
    for function in (library.widen, library.narrow):
        function.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
        function.restype = None
    return library if library.supported() else None
