"""The stage contract: what a stage declares, what it is given, what it returns.

A stage runs over an axis, one shard of it at a time. Its tables belong to that axis, or are keyed
by another one: then every row carries the number of the shard it is meant for. From these two
facts follows what a reader gets (`Reading`), and so all three shapes of stage: map (same axis),
exchange (keyed by another axis), fit (everything into one).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:  # the control plane reads the table of stages and has no pyarrow
    import pyarrow as pa

    from realsyn_tasks.core.config import ModelSpec


class Axis(StrEnum):
    """What the shards of a stage are shards of."""

    CRAWL = "crawl"  # input objects of one crawl
    NEIGHBOURHOODS = "neighbourhoods"  # partitions of likely near-duplicates
    CORPUS = "corpus"  # crawl shards of all pinned generations, in order
    LISTS = "lists"  # partitions of the lists of sentences
    CLUSTERS = "clusters"  # partitions of the clusters of images
    DATASET = "dataset"  # shards of the published dataset
    ONE = "one"  # a fit: a single shard


class Shape(StrEnum):
    """The three shapes of design §4."""

    MAP = "map"
    EXCHANGE = "exchange"
    FIT = "fit"


class Reading(StrEnum):
    """How a shard reads one of its inputs."""

    ALIGNED = "aligned"  # the shard of the same number
    GATHER = "gather"  # every piece keyed with this shard's number
    BROADCAST = "broadcast"  # the one shard of a fit
    ALL = "all"  # everything


@dataclass(frozen=True)
class Resources:
    """What one task of a stage asks for; pods take their requests and limits from it."""

    name: str
    cpu: float = 1.0
    memory_gb: float = 2.0
    gpu: int = 0


CPU = Resources("cpu")
GPU = Resources("gpu", memory_gb=8.0, gpu=1)
GPU_LLM = Resources("gpu-llm", cpu=2.0, memory_gb=24.0, gpu=1)


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline, as declared in the table of stages."""

    name: str
    group: str
    axis: Axis
    reads: tuple[str, ...]
    keyed_by: Axis | None = None
    needs: Resources = CPU
    models: tuple[str, ...] = ()
    light: bool = False  # so little work that one batch does it on one machine
    version: int = 1
    package: str = "realsyn_tasks"

    @property
    def shape(self) -> Shape:
        """Say which of the three shapes this stage has."""
        if self.axis is Axis.ONE:
            return Shape.FIT
        return Shape.EXCHANGE if self.keyed_by else Shape.MAP

    @property
    def module(self) -> str:
        """Name the module that holds this stage's Config and run."""
        return f"{self.package}.{self.group}.{self.name}"

    def config_class(self) -> type[StageConfig]:
        """Import the stage's configuration class."""
        found: type[StageConfig] = importlib.import_module(self.module).Config
        return found

    def function(self) -> Callable[[Inputs, Any, Context], Output]:
        """Import the stage's run function."""
        found: Callable[[Inputs, Any, Context], Output] = importlib.import_module(self.module).run
        return found


@dataclass(frozen=True)
class Source:
    """Something stages read that no stage of the same run made: a crawl, or a corpus."""

    name: str
    axis: Axis


class StageConfig(BaseModel):
    """Base of every stage's frozen configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def pinned(self) -> Self:
        """Note what files named in here hold, so that it is part of the run; called at opening."""
        return self

    def asked_models(self) -> Mapping[str, tuple[str, ModelSpec]]:
        """Name the models that these settings ask for: {name: (kind, which)}.

        A run resolves them as it does its own; Context.model gives them by "STAGE.NAME".
        """
        return {}

    def resolved(self) -> Self:
        """Leave out what the run's resolved models say; called once they are resolved."""
        return self


@dataclass(frozen=True)
class Dropped:
    """An item that goes no further, and why."""

    kind: str  # image | sentence | document | record | pair
    id: str
    reason: str
    detail: str = ""


@dataclass
class Output:
    """What a stage makes of one shard.

    Tables are written as Parquet, blobs (files in the scratch folder) as they are. Counts add up
    over shards; measures do not.
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    blobs: dict[str, Path] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)  # what went into it, besides time


@dataclass(frozen=True)
class Earlier:
    """What an earlier build made of the first shards of the corpus."""

    shards: int
    tables: Mapping[str, pa.Table]


class CrawlObject(Protocol):
    """One object of a crawl, readable wherever the crawl is stored."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...
    def open(self) -> BinaryIO: ...


class Inputs(Protocol):
    """What a stage can read; the shard's number is already applied."""

    def table(self, stage: str, name: str, columns: list[str] | None = None) -> pa.Table:
        """Give all rows of a table meant for this shard, in shard order."""
        ...

    def stream(
        self, stage: str, name: str, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        """Give the same rows piece by piece, each with the number of the shard it comes from."""
        ...

    def has(self, stage: str) -> bool:
        """Say whether an input stage is part of this run (an optional one may be off)."""
        ...

    def blob(self, stage: str, name: str) -> BinaryIO:
        """Open a blob of the aligned shard for random reads."""
        ...

    def earlier_table(self, name: str) -> pa.Table | None:
        """Give a table of what this shard held last, of whatever it was made; None if gone."""
        ...

    def earlier_blob(self, name: str) -> BinaryIO | None:
        """Open a blob of what this shard held last; None if gone."""
        ...

    def grown_from(self) -> Earlier | None:
        """Give what an earlier build made of the first of this shard's inputs, if it has."""
        ...

    def earlier_fit(self, content: str) -> Mapping[str, pa.Table] | None:
        """Give the tables of an earlier build's same fit, if its content has this digest."""
        ...

    def crawl_objects(self) -> list[CrawlObject]:
        """List the crawl objects of this shard."""
        ...

    def crawl_object(self, path: str) -> CrawlObject | None:
        """Find another object of the same crawl by its relative path."""
        ...


@dataclass(frozen=True)
class Context:
    """What a stage may know of its surroundings."""

    shard: int
    seed: int
    axes: Mapping[Axis, int]
    scratch: Path
    model: Callable[[str], Any]  # kind, or name of settings -> the model, loaded once a process
    progress: Callable[[int, int], None]  # items done, items in all
    target: int = 0  # pairs wanted (builds)


@dataclass(frozen=True)
class Pipeline:
    """The table of stages with the look-ups that everything else needs."""

    stages: tuple[Stage, ...]
    sources: tuple[Source, ...]

    def stage(self, name: str) -> Stage:
        """Find a stage by name; KeyError with the known names if there is none."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        known = ", ".join(stage.name for stage in self.stages)
        raise KeyError(f"no stage is called {name!r}; there are: {known}")

    def group(self, name: str) -> tuple[Stage, ...]:
        """Give the stages of one stage group in order."""
        return tuple(stage for stage in self.stages if stage.group == name)

    @property
    def groups(self) -> tuple[str, ...]:
        """Name the stage groups in order."""
        return tuple(dict.fromkeys(stage.group for stage in self.stages))

    def reading(self, stage: Stage, name: str) -> Reading:
        """Derive how a stage reads one of its inputs; ValueError if the axes do not meet."""
        axis, keyed_by = self._axes_of(name)
        if stage.axis is Axis.ONE:
            return Reading.ALL
        if keyed_by is stage.axis:
            return Reading.GATHER
        if axis is Axis.ONE:
            return Reading.BROADCAST
        if axis is stage.axis and keyed_by is None:
            return Reading.ALIGNED
        raise ValueError(f"{stage.name} over {stage.axis} cannot read {name}")

    def _axes_of(self, name: str) -> tuple[Axis, Axis | None]:
        for source in self.sources:
            if source.name == name:
                return source.axis, None
        stage = self.stage(name)
        return stage.axis, stage.keyed_by
