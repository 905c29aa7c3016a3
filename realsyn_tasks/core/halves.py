"""float16 to float32 by the CPU's own instruction, which numpy's wheels don't use (5 x slower).

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


def library_path() -> Path:
    """Where `.ci/native` puts what it compiles from the present source."""
    digest = sha256(SOURCE.read_bytes()).hexdigest()[:12]
    return Path(sys.prefix) / "lib" / "realsyn" / f"halves-{digest}.so"


@cache
def _library() -> ctypes.CDLL | None:
    if not library_path().exists():
        return None
    library = ctypes.CDLL(str(library_path()))
    library.widen.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    library.widen.restype = None
    return library if library.supported() else None
