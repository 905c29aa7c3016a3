"""How often the same things occur among many, told apart by their hashes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from realsyn_tasks.vectors.scan import Hashes

MOST_USED = 100


@dataclass(frozen=True)
class Repetition:
    """How many things there are, and how much hangs on the most used of them."""

    items: int
    distinct: int
    most: int  # items that are the most used thing
    share: float  # of the items that are one of the 100 most used things
    commonest: int  # the hash of the most used thing; 0 where there is none


def repetition(parts: Iterable[Hashes]) -> Repetition:
    """Count equal hashes over all parts; memory: 8 bytes an item."""
    known = list(parts)
    keys = np.concatenate(known) if known else np.zeros(0, dtype=np.uint64)
    names, counts = np.unique(keys, return_counts=True)
    top = np.sort(counts)[::-1][:MOST_USED]
    return Repetition(
        items=len(keys),
        distinct=len(counts),
        most=int(top.max(initial=0)),
        share=float(top.sum() / max(1, len(keys))),
        commonest=int(names[counts.argmax()]) if len(names) else 0,
    )
