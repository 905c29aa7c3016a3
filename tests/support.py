"""What tests of stages and runs share: inputs in memory, tiny models, whole groups in process."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from realsyn_tasks.core.config import ResolvedModel
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import BatchReport, Runner
from realsyn_tasks.core.stage import Context, Earlier, Piece, Pieces
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract.group import NEIGHBOURHOODS
from realsyn_tasks.kinds import CORPUS, CRAWL
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.sample.group import CLUSTERS
from tests.tiny_models import DIM, TinyEncoder, TinyLanguageModel, TinyTagger, tiny_model

__all__ = ["DIM", "FakeInputs", "TinyEncoder", "TinyLanguageModel", "TinyTagger", "context"]
__all__ += ["resolved", "run_group", "tiny_model", "whole"]

AXES = {CRAWL.axis: 2, CORPUS.axis: 2, NEIGHBOURHOODS: 2, LISTS: 2, CLUSTERS: 2}


def whole(table: pa.Table | Pieces) -> pa.Table:
    """Give a table of an output, one that is made while it is written, too."""
    if isinstance(table, Pieces):
        return pa.concat_tables([table.schema.empty_table(), *table.tables])
    return table


@dataclass
class FakeInputs:
    """A stage's inputs as plain tables: {(stage, name): [one table per source shard]}."""

    tables: dict[tuple[str, str], list[pa.Table]] = field(default_factory=dict)
    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    sources: dict[str, Any] = field(default_factory=dict)

    def has(self, stage: str) -> bool:
        return stage != "corpus" and any(key[0] == stage for key in self.tables)

    def table(self, stage: str, name: str, columns: list[str] | None = None) -> pa.Table:
        return pa.concat_tables([table for _, table in self.stream(stage, name, columns)])

    def stream(
        self, stage: str, name: str, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        for shard, table in enumerate(self.tables.get((stage, name), [])):
            yield shard, table.select(columns) if columns else table

    def pieces(self, stage: str, name: str) -> list[Piece]:
        def reader(table: pa.Table) -> Callable[[list[str] | None], pa.Table]:
            return lambda columns: table.select(columns) if columns else table

        return [Piece(t.num_rows, reader(t)) for t in self.tables.get((stage, name), [])]

    def of_fit(self, stage: str, name: str, make: Callable[..., Any], *told: Hashable) -> Any:
        return make(self.table(stage, name), *told)

    def blob(self, stage: str, name: str) -> BinaryIO:
        return io.BytesIO(self.blobs[stage, name])

    def earlier_table(self, name: str) -> pa.Table | None:
        return None

    def earlier_blob(self, name: str) -> BinaryIO | None:
        return None

    def made_alike(self, name: str, *same: str) -> pa.Table | None:
        return None

    def grown_from(self) -> Earlier | None:
        return None

    def earlier_fit(self, content: str) -> dict[str, pa.Table] | None:
        return None

    def source(self, name: str) -> Any:
        return self.sources[name]


@dataclass
class BatchInputs(FakeInputs):
    """The inputs of all shards of a batch, which are the same: counts how often a table is read."""

    reads: Counter[tuple[str, str]] = field(default_factory=Counter)
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def stream(
        self, stage: str, name: str, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        self.reads[stage, name] += 1
        yield from super().stream(stage, name, columns)

    def of_fit(self, stage: str, name: str, make: Callable[..., Any], *told: Hashable) -> Any:
        key = (stage, name, make, told)
        if key not in self.kept:
            self.kept[key] = super().of_fit(stage, name, make, *told)
        return self.kept[key]


def context(scratch: Path, shard: int = 0, **changes: Any) -> Context:
    """A stage's surroundings with tiny models."""
    values: dict[str, Any] = {
        "shard": shard,
        "seed": 0,
        "axes": AXES,
        "scratch": scratch,
        "model": tiny_model,
        "progress": lambda *said: None,
        "target": 0,
    }
    return Context(**(values | changes))


def resolved(kind: str, name: str = "tiny") -> ResolvedModel:
    """A model as a run's configuration has it, of nothing."""
    return ResolvedModel(kind=kind, name=name, backend=name, identity=f"{name}-{kind}")


def run_group(
    workspace: Workspace,
    group: str,
    load: Callable[[str, ResolvedModel], Any] = tiny_model,
    until: str = "",
) -> dict[str, list[BatchReport]]:
    """Run what is left of a stage group in this process, with real commits."""
    reports: dict[str, list[BatchReport]] = {}
    for stage in workspace.stages():
        if stage.group != group:
            continue
        runner = Runner(workspace, load)
        batches = Planner(workspace).batches(stage)
        reports[stage.name] = [runner.run_batch(stage, batch) for batch in batches]
        if stage.name == until:
            break
    return reports
