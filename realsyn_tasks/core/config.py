"""What a run is told: frozen when it is opened, complete, and digested.

A run is a folder with a config.json. What kinds of run there are and what they read is declared
with the stage groups (core.declaration).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from realsyn_tasks.core.declaration import ONE, Resources, Stage
from realsyn_tasks.core.ids import digest

CONFIG_NAME = "config.json"


class Frozen(BaseModel):
    """Base of all stored records: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelSpec(Frozen):
    """Which model is asked for: a card or a backend by name, and options. May be the name alone."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class ResolvedModel(Frozen):
    """What a model is: found and told by content when the run was opened."""

    kind: str
    name: str  # as it was asked for
    backend: str
    options: dict[str, Any] = Field(default_factory=dict)  # all that its output depends on
    running: dict[str, Any] = Field(default_factory=dict)  # how it runs; changes no output
    identity: str
    resolved: Literal["content", "declared"] = "content"  # declared: by revision and digest
    card: str = ""  # that describes it, if one does


class PinnedSource(Frozen):
    """What a run reads of a source: a reference to it, and the digest of what that holds."""

    reference: dict[str, Any]
    digest: str
    rows: dict[str, int] = Field(default_factory=dict)  # of each of its tables, hidden ones too


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
    allow_smaller: bool = False  # than the target, where the corpus has no more
    axes: dict[str, int]  # shards of the data
    partitions: dict[str, int] = Field(default_factory=dict)  # shards that work is cut into
    profile: str = ""  # what the deployment has beside models: classes from outside
    preset: str = ""  # the settings that it started from, by the name that was chosen
    models: dict[str, ResolvedModel]
    stages: dict[str, dict[str, Any]]
    sources: dict[str, PinnedSource] = Field(default_factory=dict)
    dispatch: Dispatch = Dispatch()
    resources: dict[str, dict[str, Any]] = Field(default_factory=dict)
    device: str | None = None  # torch's, to multiply vectors on; changes no bit
    off: tuple[str, ...] = ()  # stages that have nothing to do in this run
    earlier: str = ""  # run whose fit is kept, and from whose searches this one's grow
    donors: tuple[str, ...] = ()  # runs whose commits count here where they would come out the same

    def digest(self) -> str:
        """Digest what the data depends on: not names and places, partitions, or the dispatch."""
        outside = {"name", "sources", "partitions", "dispatch", "resources", "off"}
        outside |= {"earlier", "donors", "device", "allow_smaller"}
        content = self.model_dump(mode="json", exclude=outside | {"profile", "preset", "models"})
        content["models"] = {kind: model.identity for kind, model in self.models.items()}
        content["sources"] = {name: pinned.digest for name, pinned in self.sources.items()}
        return digest(content)

    @property
    def source_rows(self) -> dict[str, int]:
        """Count the rows of each table of the sources, in all shards, hidden ones too."""
        return {name: n for pinned in self.sources.values() for name, n in pinned.rows.items()}

    @property
    def all_axes(self) -> dict[str, int]:
        """Count the shards of every axis, partitions too."""
        return {**self.axes, **self.partitions, ONE: 1}

    def shards(self, axis: str) -> int:
        """Count the shards of an axis; an axis that this run lacks has none."""
        return self.all_axes.get(axis, 0)

    def enabled(self, stage: Stage) -> bool:
        """Say whether a stage has anything to do: neither it nor one of its models is off.

        One that collects has where there are shards of its axis.
        """
        if stage.collects:
            return stage.collects not in self.off and self.shards(stage.axis) > 0
        return stage.name not in self.off and all(
            self.models[kind].backend != "none" for kind in stage.models if kind in self.models
        )

    def models_of(self, stage: Stage) -> dict[str, ResolvedModel]:
        """Give the models that a stage uses: by kind, and those that its settings ask for."""
        own = {name for name in self.models if name.startswith(f"{stage.name}.")}
        return {name: self.models[name] for name in (*stage.models, *sorted(own))}

    def identities_of(self, stage: Stage) -> dict[str, str]:
        """Give the identities of the models that a stage uses."""
        return {name: model.identity for name, model in self.models_of(stage).items()}


def resources_of(stage: Stage, overrides: dict[str, dict[str, Any]]) -> Resources:
    """Give the resources of a stage after a profile's overrides."""
    changed = {**stage.needs.__dict__, **overrides.get(stage.needs.name, {})}
    return Resources(**changed)
