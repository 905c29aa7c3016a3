"""Segments of an index of items: the keys of some shards, sorted, in parts by ranges of keys.

What an index does not know yet is cut into slices of at most SLICE_ROWS rows, and each becomes a
segment of its own, so that whoever is stopped loses the slice that it was at. Small segments become
one now and then, never of more rows than a slice has: what is written at once is bounded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.index import ROW, ROW_GROUP_ROWS, Part, Rows, Spool
from realsyn_tasks.datasets.slices import bounded

ROWS_PER_PART = 1_000_000
SLICE_ROWS = 400_000_000  # some three minutes of a core, and 17 bytes of disk a row at most
MOST_SEGMENTS = 6  # that are small


class Segment(Frozen):
    """The keys of some shards."""

    name: str
    rows: int  # at most
    parts: tuple[Part, ...]


class Held(NamedTuple):
    """What a shard of a stage holds, in short, and in how many rows of keys at most."""

    stage: str
    shard: int
    content: str
    rows: int = 0  # of what is to be read


def sliced(shards: Sequence[Held]) -> Iterator[Sequence[Held]]:
    """Cut shards into slices, in order; one of more rows than a slice has is one by itself."""
    for some in bounded([held.rows for held in shards], SLICE_ROWS):
        yield shards[some.start : some.stop]


def to_merge(segments: Sequence[Segment]) -> list[Segment]:
    """Choose segments that are to become one, in their order: the smallest of too many small ones.

    Of those with less than half a slice, as many as make one slice at most; none while few.
    """
    small = sorted((s for s in segments if 2 * s.rows < SLICE_ROWS), key=lambda s: s.rows)
    if len(small) <= MOST_SEGMENTS:
        return []
    ends = accumulate(segment.rows for segment in small)
    chosen = {s.name for s, end in zip(small, ends, strict=True) if end <= SLICE_ROWS}
    return [segment for segment in segments if segment.name in chosen]


@contextmanager
def spooled(pieces: Iterable[Rows], most: int) -> Iterator[Spool | None]:
    """Put rows, so many at most, on their way into parts, on disk until this is left; None if none.

    Parts are as many as `most` asks for, and no more than one where rows are so few.
    """
    waiting = iter(pieces)
    first = list(_until(waiting, ROWS_PER_PART))
    rows = sum(map(len, first))
    if not rows:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="realsyn-") as scratch:
        spool = Spool(Path(scratch), -(-(rows if rows < ROWS_PER_PART else most) // ROWS_PER_PART))
        for piece in chain(first, waiting):
            spool.add(piece)
        yield spool


def _until(pieces: Iterator[Rows], rows: int) -> Iterator[Rows]:
    """Give pieces until they have so many rows, or all."""
    for piece in pieces:
        yield piece
        rows -= len(piece)
        if rows <= 0:
            return


def rows_of(storage: Storage, segments: Iterable[Segment]) -> Iterator[Rows]:
    """Read segments, piece by piece; FileNotFoundError where a part is gone."""
    for part in (part for segment in segments for part in segment.parts):
        with arrow_files.opened(storage, part.object.path) as source:
            for batch in pq.ParquetFile(source).iter_batches(ROW_GROUP_ROWS):
                rows = np.zeros(batch.num_rows, dtype=ROW)
                for name in ROW.names or ():
                    rows[name] = batch[name].to_numpy()
                yield rows
