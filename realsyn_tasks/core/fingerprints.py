"""Fingerprints: digests of all that the output of a shard depends on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from realsyn_tasks.core.answers import ShardState, StageStatus
from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.wiring import collected_shards, reads_of
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


def settings_of(config: RunConfig, stage: Stage) -> dict[str, Any]:
    """Give all that the output of a stage's shards depends on, beside what they read."""
    return {
        "stage": stage.name,
        "version": stage.version,
        "config": config.stages.get(stage.name, {}),
        "seed": config.seed,
        "target": config.target if stage.targeted else 0,
        "models": config.identities_of(stage),
        "keys": config.shards(stage.keyed_by) if stage.keyed_by else 0,
    }


def run_digest(contents: Iterable[str]) -> str:
    """Digest what a run of shards holds, from what each does; those that are not done hold none."""
    return digest([content for content in contents if content])


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
            settings = settings_of(self._workspace.config, stage) | {"keys": keys}
            return digest([digest(settings), inputs])
        if stage.name not in self._settings:
            self._settings[stage.name] = digest(settings_of(self._workspace.config, stage))
        return digest([self._settings[stage.name], inputs])

    def inputs(self, stage: Stage, shard: int) -> dict[str, str]:
        """Digest each input of a shard by content."""
        reads = self._reads[stage.name]
        digest_by_input = {name: self.source(stage, name, shard) for name in reads.sources}
        digest_by_input |= {read.name: self._known.content(read, shard) for read in reads.in_line}
        digest_by_input |= {read.name: self._known.status(read).digest for read in reads.whole}
        digest_by_input |= {read.name: self._of_run(stage, read, shard) for read in reads.in_runs}
        return {name: value for name, value in digest_by_input.items() if value}

    def _of_run(self, stage: Stage, read: Stage, shard: int) -> str:
        numbers = collected_shards(self._workspace, stage, shard)
        return run_digest(self._known.content(read, number) for number in numbers)

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
