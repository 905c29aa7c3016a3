"""How much each shard has to do, as far as that is known before: what it reads in line.

Rows of the stages that it reads, else what a source says of it (bytes of a crawl's files). Shards
of what is gathered, and of what nothing is known, count alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.wiring import reads_of
from realsyn_tasks.core.workspace import Workspace

LEAST = 1.0  # of a shard: also an empty one is work
Rows = Callable[[Stage, int], int | None]  # of a shard of a stage; None where it is not done


def sizes(
    workspace: Workspace, stage: Stage, shards: Collection[int], rows: Rows
) -> dict[int, float]:
    """Give the size of each shard in some unit of the stage's own; the mean where it is unknown."""
    reads = reads_of(workspace)[stage.name]
    if reads.in_line:
        known = {shard: _rows(reads.in_line, shard, rows) for shard in shards}
    else:
        known = {shard: _bytes(workspace, reads.sources, shard) for shard in shards}
    told = [size for size in known.values() if size is not None]
    mean = sum(told) / len(told) if told else LEAST
    return {shard: max(LEAST, mean if size is None else size) for shard, size in known.items()}


def _rows(reads: Collection[Stage], shard: int, rows: Rows) -> float | None:
    counts = [rows(read, shard) for read in reads]
    known = [count for count in counts if count is not None]
    return float(sum(known)) if known else None


def _bytes(workspace: Workspace, sources: Collection[str], shard: int) -> float | None:
    readers = (workspace.sources.get(name) for name in sources)
    told = [size for reader in readers if reader and (size := reader.size(shard)) is not None]
    return float(sum(told)) if told else None


def mean(known: Mapping[int, float]) -> float:
    """Give the size of a shard on average."""
    return sum(known.values()) / len(known) if known else LEAST
