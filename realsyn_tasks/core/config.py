"""What a run is told: frozen when it is opened, complete, and digested.

An extract works through one crawl; a build works through a pinned corpus. Both are folders with
a config.json, and stages cannot tell them apart.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.stage import Axis, Resources, Stage

CONFIG_NAME = "config.json"
PARTITIONS = (Axis.NEIGHBOURHOODS, Axis.LISTS, Axis.CLUSTERS)  # how work is cut, like the dispatch


class Frozen(BaseModel):
    """Base of all stored records: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelSpec(Frozen):
    """Which model of a kind to use."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class CrawlFile(Frozen):
    """One object of a crawl, as it was when the extract was opened."""

    path: str  # relative to the crawl
    size: int
    digest: str


class CrawlRef(Frozen):
    """A crawl and how its objects are grouped into shards.

    Objects in no shard are what documents refer to, such as the pictures of an HTML folder.
    """

    name: str
    uri: str
    format: str
    files: tuple[CrawlFile, ...]
    shards: tuple[tuple[str, ...], ...]


class GenerationRef(Frozen):
    """A generation of the corpus that a build is pinned to."""

    generation: int
    digest: str
    shards: int
    images: int
    sentences: int


class RemovedRows(Frozen):
    """How many rows of a table of one shard are under a tombstone, and a digest of their ids."""

    rows: int
    digest: str


class Removed(Frozen):
    """The list of what is under a tombstone in one generation.

    Its outline by shards is pinned beside it, so that whoever plans need not read the list.
    """

    generation: int
    path: str
    sha256: str
    images: int
    sentences: int
    shards: tuple[tuple[int, str, RemovedRows], ...] = ()  # number, table; those that lose any

    def by_shard(self) -> dict[int, dict[str, RemovedRows]]:
        """Give what each shard of the generation loses, by table."""
        found: dict[int, dict[str, RemovedRows]] = {}
        for shard, table, rows in self.shards:
            found.setdefault(shard, {})[table] = rows
        return found


class Takedown(Frozen):
    """The tombstones that a build is pinned to: the state of their log, and what it removes."""

    number: int
    digest: str
    removed: tuple[Removed, ...] = ()  # of generations that lose anything


class Dispatch(Frozen):
    """How work is cut into tasks; never changes what comes out."""

    max_batches: int = Field(default=300, ge=1, le=1000)
    shards_per_batch: int = Field(default=1, ge=1)
    light_batches: int = Field(default=300, ge=1)

    def batches(self, stage: Stage, shards: int) -> int:
        """Count the batches of a stage with so many shards."""
        most = min(self.max_batches, self.light_batches) if stage.light else self.max_batches
        return max(1, min(most, -(-shards // self.shards_per_batch)))


class RunConfig(Frozen):
    """The configuration of an extract or a build."""

    kind: Literal["extract", "build"]
    name: str
    seed: int = 0
    scale: str = ""
    target: int = 0
    axes: dict[Axis, int]
    models: dict[str, ModelSpec]
    stages: dict[str, dict[str, Any]]
    crawl: CrawlRef | None = None
    corpus: tuple[GenerationRef, ...] = ()
    takedown: Takedown | None = None
    dispatch: Dispatch = Dispatch()
    resources: dict[str, dict[str, Any]] = Field(default_factory=dict)
    off: tuple[str, ...] = ()  # stages that have nothing to do in this run
    earlier: str = ""  # build whose commits are used again where they would come out the same

    def digest(self) -> str:
        """Digest what the data depends on: not names and places, partitions, or the dispatch."""
        outside = {"name", "crawl", "dispatch", "resources", "off", "earlier"}
        content = self.model_dump(mode="json", exclude=outside)
        content["axes"] = {axis: n for axis, n in self.axes.items() if axis not in PARTITIONS}
        if self.takedown is None:
            del content["takedown"]
        if self.crawl:
            content["crawl"] = [file.model_dump() for file in self.crawl.files]
        return digest(content)

    def shards(self, axis: Axis) -> int:
        """Count the shards of an axis; an axis that this run lacks has none."""
        return 1 if axis is Axis.ONE else self.axes.get(axis, 0)

    def enabled(self, stage: Stage) -> bool:
        """Say whether a stage has anything to do: neither it nor one of its models is off."""
        return stage.name not in self.off and all(
            self.models[kind].name != "none" for kind in stage.models if kind in self.models
        )


def resources_of(stage: Stage, overrides: dict[str, dict[str, Any]]) -> Resources:
    """Give the resources of a stage after a profile's overrides."""
    changed = {**stage.needs.__dict__, **overrides.get(stage.needs.name, {})}
    return Resources(**changed)
