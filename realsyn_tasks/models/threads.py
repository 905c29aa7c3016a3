"""Threads are the process's, not a model's: OMP_NUM_THREADS says how many, one unless it is set."""

from __future__ import annotations

import os
from functools import lru_cache

VARIABLE = "OMP_NUM_THREADS"


def allowed() -> int:
    """Say how many threads this process may use."""
    limit = os.environ.get(VARIABLE, "")
    return max(1, int(limit)) if limit.isdigit() else 1


@lru_cache(maxsize=1)
def settle() -> None:
    """Keep torch to that; once in a process, whichever models it loads."""
    import torch

    torch.set_num_threads(allowed())
