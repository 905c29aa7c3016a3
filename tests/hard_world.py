"""The small world made the hard way: what every stage gives must not depend on it.

Columns come in pieces too many to be joined, and every exchange goes in two steps. Beside that it
is noted what the stages read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest

from realsyn_tasks.core import chunks, exchange
from realsyn_tasks.core.inputs import ShardInputs
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.stages import PIPELINE
from tests import world

RUNS = ("extracts/first", "extracts/second", "builds/all")
MOST = 24  # bytes or items of one array
ROWS = (2, 1, 3)  # of one piece after the other


class Read(NamedTuple):
    """A column that a stage read of a table."""

    by: str
    stage: str
    table: str
    column: pa.Field


@dataclass
class Hard:
    """The root, and what its stages have read."""

    root: Path
    too_long: Counter[str] = field(default_factory=Counter)  # columns past the limit, by stage
    with_texts: set[str] = field(default_factory=set)  # stages that read texts, bytes or lists
    reads: set[Read] = field(default_factory=set)


def make(root: Path) -> Hard:
    """Make the world, and an analysis of what it published."""
    made = Hard(root)
    with in_two_steps(), in_pieces(made), noted(made):
        world.analyse(world.make(root))
    return made


def runs(root: Path) -> list[Workspace]:
    """Open the runs that the small world has, however it was made."""
    return [Workspace.open(f"{root.as_uri()}/{place}", PIPELINE) for place in RUNS]


def content(runs: Iterable[Workspace]) -> dict[tuple[str, str], str]:
    """Digest what each declared stage of each run has made."""
    made = {
        (run.folder, stage.name): Planner(run).status(stage)
        for run in runs
        for stage in run.stages()
        if not stage.collects
    }
    return {name: status.digest for name, status in made.items() if status.commits}


@contextmanager
def in_two_steps() -> Iterator[None]:
    """Let every exchange collect, however small it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "FEWEST", 1)
        patch.setattr(exchange, "DIRECTLY", 0)
        yield


@contextmanager
def in_pieces(made: Hard) -> Iterator[None]:
    """Cut what stages read, and make Arrow's limit small."""
    read, gathered = ShardInputs._read, ShardInputs._gathered

    def cut(stage: str, table: pa.Table) -> pa.Table:
        made.too_long[stage] += sum(chunks.extent(column) > MOST for column in table.columns)
        if not all(map(pa.types.is_primitive, table.schema.types)):
            made.with_texts.add(stage)
        return pieces_of(table)

    def read_in_pieces(self: ShardInputs, *given: object) -> pa.Table:
        return cut(self._stage.name, read(self, *given))  # type: ignore[arg-type]

    def gathered_in_pieces(self: ShardInputs, *given: object) -> Iterator[tuple[int, pa.Table]]:
        for shard, table in gathered(self, *given):  # type: ignore[arg-type]
            yield shard, cut(self._stage.name, table)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MOST", MOST)
        patch.setattr(ShardInputs, "_read", read_in_pieces)
        patch.setattr(ShardInputs, "_gathered", gathered_in_pieces)
        yield


def pieces_of(table: pa.Table) -> pa.Table:
    """Give the same rows in pieces of a few, each column's values where they were."""
    starts, pieces = [0], list[pa.Table]()
    while starts[-1] < table.num_rows:
        pieces.append(table.slice(starts[-1], ROWS[len(pieces) % len(ROWS)]))
        starts.append(starts[-1] + pieces[-1].num_rows)
    return pa.concat_tables(pieces) if pieces else table


@contextmanager
def noted(made: Hard) -> Iterator[None]:
    """Note the columns of all tables that stages read."""
    stream = ShardInputs.stream

    def noting(
        self: ShardInputs, stage: str, name: str, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        for shard, table in stream(self, stage, name, columns):
            made.reads.update(Read(self._stage.name, stage, name, each) for each in table.schema)
            yield shard, table

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ShardInputs, "stream", noting)
        yield
