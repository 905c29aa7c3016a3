"""A bounded, seeded sample of rows of a table that a group hands on.

Rows are chosen by a hash of their id, so that two rows with one id are both in the sample or both
out of it, wherever they lie: the sample shows duplicates at the rate of the whole table.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import pyarrow as pa

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.declaration import HandedOn
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.ids import digest

MOST_SHARDS = 32  # of a table that are read, at most
SCALE = 1 << 32


def draw(
    evidence: Evidence, what: HandedOn, rows: int, seed: int, columns: list[str] | None = None
) -> pa.Table | None:
    """Draw about so many rows of one table (never more than twice as many, and a batch)."""
    commits = some(evidence.commits(what.stage), MOST_SHARDS, seed)
    total = sum(commit.rows.get(what.table, 0) for commit in commits)
    limit = SCALE if total <= rows else rows * SCALE // total
    pieces: list[pa.Table] = []
    drawn = 0
    for commit in commits:
        for piece in evidence.read(commit.objects[what.table], columns):
            if drawn < 2 * rows:
                pieces.append(piece.filter(_chosen(piece[what.key], seed, limit)))
                drawn += pieces[-1].num_rows
    return pa.concat_tables(pieces) if pieces else None


def some(commits: Sequence[Commit], most: int, seed: int) -> list[Commit]:
    """Draw so many commits at most, by a seeded hash of their shards."""
    chosen = set(some_shards([commit.shard for commit in commits], most, seed))
    return sorted((c for c in commits if c.shard in chosen), key=lambda commit: commit.shard)


def some_shards(shards: Sequence[int], most: int, seed: int) -> list[int]:
    """Draw so many shards at most, by a seeded hash."""
    return sorted(sorted(shards, key=lambda shard: digest([seed, shard]))[:most])


def _chosen(keys: pa.ChunkedArray, seed: int, limit: int) -> pa.Array:
    start = seed % SCALE
    names = keys.to_pylist()
    return pa.array([zlib.crc32(str(name).encode(), start) < limit for name in names], pa.bool_())
