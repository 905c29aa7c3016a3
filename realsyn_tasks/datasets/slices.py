"""Shards of a version in slices: each is worked through and noted before the next is begun.

Who is cut off loses a slice at most, and goes on behind those that were noted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from realsyn_tasks.core.progress import Countdown
from realsyn_tasks.datasets.shards import Shard

PAIRS = 25_000_000  # of a slice, at some ten microseconds each
READ_ANEW = 5_000_000  # where tars have to be read for them, at some hundred


def pairs_of(shards: Sequence[Shard]) -> int:
    """Count the pairs of some shards."""
    return sum(shard.table.rows or 0 for shard in shards)


def cut(shards: Sequence[Shard], covered: int, anew: bool) -> Iterator[range]:
    """Number the shards behind so many, slice by slice; a dataset of none is one empty slice.

    A slice has one shard at least, and no second one that would make it too large. `anew` says that
    tars are read.
    """
    if not shards:
        yield range(0)
    sizes = [pairs_of([shard]) for shard in shards[covered:]]
    for some in bounded(sizes, READ_ANEW if anew else PAIRS):
        yield range(covered + some.start, covered + some.stop)


def bounded(sizes: Sequence[int], most: int) -> Iterator[range]:
    """Number things in runs of at most so much together; one that is larger is one by itself."""
    first, held = 0, 0
    for number, size in enumerate(sizes):
        if number > first and held + size > most:
            yield range(first, number)
            first, held = number, 0
        held += size
    if sizes:
        yield range(first, len(sizes))


def countdown(label: str, shards: Sequence[Shard], covered: int) -> Countdown:
    """Give what says how far a step is with the pairs of the shards behind so many."""
    return Countdown(label, pairs_of(shards[covered:]), "pairs")
