"""What a run is told: frozen when it is opened, complete, and digested.

A run is a folder with a config.json. What kinds of run there are and what they read is declared
with the stage groups (core.declaration).
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from realsyn_tasks.core.declaration import ONE, Resources, Stage
from realsyn_tasks.core.ids import digest

CONFIG_NAME = "config.json"


class Frozen(BaseModel):
    """Base of all stored records: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelSpec(Frozen):
    """Which model of a kind to use."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class PinnedSource(Frozen):
    """What a run reads of a source: a reference to it, and the digest of what that holds."""

    reference: dict[str, Any]
    digest: str


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
    """The configuration of a run of any kind."""

    kind: str
    name: str
    seed: int = 0
    scale: str = ""
    target: int = 0
    axes: dict[str, int]  # shards of the data
    partitions: dict[str, int] = Field(default_factory=dict)  # shards that work is cut into
    models: dict[str, ModelSpec]
    stages: dict[str, dict[str, Any]]
    sources: dict[str, PinnedSource] = Field(default_factory=dict)
    dispatch: Dispatch = Dispatch()
    resources: dict[str, dict[str, Any]] = Field(default_factory=dict)
    off: tuple[str, ...] = ()  # stages that have nothing to do in this run
    earlier: str = ""  # build whose commits are used again where they would come out the same

    def digest(self) -> str:
        """Digest what the data depends on: not names and places, partitions, or the dispatch."""
        outside = {"name", "sources", "partitions", "dispatch", "resources", "off", "earlier"}
        content = self.model_dump(mode="json", exclude=outside)
        content["sources"] = {name: pinned.digest for name, pinned in self.sources.items()}
        return digest(content)

    @property
    def all_axes(self) -> dict[str, int]:
        """Count the shards of every axis, partitions too."""
        return {**self.axes, **self.partitions, ONE: 1}

    def shards(self, axis: str) -> int:
        """Count the shards of an axis; an axis that this run lacks has none."""
        return self.all_axes.get(axis, 0)

    def enabled(self, stage: Stage) -> bool:
        """Say whether a stage has anything to do: neither it nor one of its models is off."""
        return stage.name not in self.off and all(
            self.models[kind].name != "none" for kind in stage.models if kind in self.models
        )


def resources_of(stage: Stage, overrides: dict[str, dict[str, Any]]) -> Resources:
    """Give the resources of a stage after a profile's overrides."""
    changed = {**stage.needs.__dict__, **overrides.get(stage.needs.name, {})}
    return Resources(**changed)
