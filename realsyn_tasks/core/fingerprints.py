"""Fingerprints: digests of all that the output of a shard depends on."""

from __future__ import annotations

from typing import Any, Protocol

from realsyn_tasks.core.answers import ShardState, StageStatus
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.wiring import reads_of
from realsyn_tasks.core.workspace import Workspace


class Known(Protocol):
    """What has to be known of the shards that a shard reads."""

    def state(self, stage: Stage, shard: int) -> ShardState | None:
        """Give the state of one shard; None if the stage has no such shard."""
        ...

    def content(self, stage: Stage, shard: int) -> str:
        """Digest what one shard holds; empty where it is not done."""
        ...

    def status(self, stage: Stage) -> StageStatus:
        """Give the state of all shards of a stage."""
        ...

    def visible(self, read: Stage, reader: Stage) -> bool:
        """Say whether a stage may be read: in its own group always, elsewhere once promoted."""
        ...


class Fingerprints:
    """The fingerprints of one run's shards, from what is known of those that they read."""

    def __init__(self, workspace: Workspace, known: Known) -> None:
        self._workspace = workspace
        self._known = known
        self._reads = reads_of(workspace)
        self._settings: dict[str, str] = {}
        self._source_digests: dict[tuple[str, int | None], str] = {}

    def of(self, stage: Stage, shard: int) -> str:
        """Digest all that the output of a shard depends on."""
        return self.of_inputs(stage, self.inputs(stage, shard))

    def of_inputs(self, stage: Stage, inputs: dict[str, str], keys: int | None = None) -> str:
        """Digest what a shard's output depends on if its inputs have these digests.

        With `keys`, as if its rows were meant for so many shards.
        """
        if keys is not None:
            return digest([digest(self._settings_of(stage) | {"keys": keys}), inputs])
        if stage.name not in self._settings:
            self._settings[stage.name] = digest(self._settings_of(stage))
        return digest([self._settings[stage.name], inputs])

    def _settings_of(self, stage: Stage) -> dict[str, Any]:
        config = self._workspace.config
        return {
            "stage": stage.name,
            "version": stage.version,
            "config": config.stages.get(stage.name, {}),
            "seed": config.seed,
            "target": config.target if stage.targeted else 0,
            "models": config.identities_of(stage),
            "keys": config.shards(stage.keyed_by) if stage.keyed_by else 0,
        }

    def inputs(self, stage: Stage, shard: int) -> dict[str, str]:
        """Digest each input of a shard by content."""
        reads = self._reads[stage.name]
        found = {name: self.source(stage, name, shard) for name in reads.sources}
        found |= {read.name: self._known.content(read, shard) for read in reads.in_line}
        found |= {read.name: self._known.status(read).digest for read in reads.whole}
        return {name: value for name, value in found.items() if value}

    def source(self, stage: Stage, name: str, shard: int) -> str:
        """Digest what a shard reads of a source; empty for what is none of this run's."""
        reader = self._workspace.sources.get(name)
        if reader is None:
            return ""
        aligned = stage.axis == self._workspace.pipeline.source(name).axis
        place = shard if aligned else None
        if (name, place) not in self._source_digests:
            self._source_digests[name, place] = reader.digest(place)
        return self._source_digests[name, place]
