"""Fingerprints: digests of all that the output of a shard depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from hashlib import sha256
from itertools import repeat
from typing import Any, Protocol

from realsyn_tasks.core.answers import ShardState, StageStatus
from realsyn_tasks.core.columns import Alike, Hex, Texts, column_of
from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.ids import digest, plain
from realsyn_tasks.core.outlines import Outlines
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

    def contents(self, stage: Stage, shards: int) -> Texts:
        """Give what `content` gives, of so many first shards at once."""
        ...

    def visible(self, read: Stage, reader: Stage) -> bool:
        """Say whether a stage may be read: in its own group always, elsewhere once promoted."""
        ...


def settings_of(config: RunConfig, stage: Stage) -> dict[str, Any]:
    """Give all that the output of a stage's shards depends on, beside what they read."""
    sizes = {"source_rows": config.source_rows} if stage.sized else {}
    return {
        "stage": stage.name,
        "version": stage.version,
        "config": config.stages.get(stage.name, {}),
        "seed": config.seed,
        "target": config.target if stage.targeted else 0,
        "models": config.identities_of(stage),
        "keys": config.shards(stage.keyed_by) if stage.keyed_by else 0,
        **sizes,
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
        self._source_columns: dict[str, Texts] = {}

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
        return digest([self.settings(stage), inputs])

    def settings(self, stage: Stage) -> str:
        """Digest all that the output of a stage's shards depends on, beside what they read."""
        if stage.name not in self._settings:
            self._settings[stage.name] = digest(settings_of(self._workspace.config, stage))
        return self._settings[stage.name]

    def inputs_of_all(self, stage: Stage) -> dict[str, Texts]:
        """Give what `inputs` gives, of all shards of a stage at once: empty where there is none."""
        reads, shards = self._reads[stage.name], self._workspace.config.shards(stage.axis)
        columns = {name: self.source_of_all(stage, name) for name in reads.sources}
        columns |= {r.name: self._known.contents(r, shards) for r in reads.in_line}
        columns |= {r.name: Alike(self._known.status(r).digest, shards) for r in reads.whole}
        columns |= {
            r.name: self.of_runs(stage, r, partial(self._known.contents, r)) for r in reads.in_runs
        }
        return columns

    def of_columns(self, stage: Stage, inputs: Mapping[str, Texts], shards: int) -> list[str]:
        """Give what `of_inputs` gives, of many shards: inputs by name, empty where there is none.

        What is digested is put together as text, which takes a tenth of the time.
        """
        start = f'["{self.settings(stage)}",{{'
        columns = [_members(name, inputs[name]) for name in sorted(inputs)]
        bodies = map(_together, zip(*columns, strict=True)) if columns else repeat("", shards)
        return [sha256(f"{start}{body}}}]".encode()).hexdigest() for body in bodies]

    def known(self, stage: Stage, outlines: Outlines, inputs: Mapping[str, Texts]) -> bool:
        """Say whether it is known that markers have the fingerprints that these inputs give.

        Then they need not be worked out one by one.
        """
        return outlines.settings == self.settings(stage) and outlines.read(inputs)

    def follow(self, stage: Stage, outlines: Outlines) -> bool:
        """Say whether the fingerprints of markers follow from the inputs that they name."""
        return outlines.settings == self.settings(stage) or (
            list(outlines.fingerprints) == self.of_columns(stage, outlines.inputs, len(outlines))
        )

    def inputs(self, stage: Stage, shard: int) -> dict[str, str]:
        """Digest each input of a shard by content."""
        reads = self._reads[stage.name]
        digest_by_input = {name: self.source(stage, name, shard) for name in reads.sources}
        digest_by_input |= {read.name: self._known.content(read, shard) for read in reads.in_line}
        digest_by_input |= {read.name: self._known.status(read).digest for read in reads.whole}
        digest_by_input |= {read.name: self._of_run(stage, read, shard) for read in reads.in_runs}
        return {name: value for name, value in digest_by_input.items() if value}

    def of_runs(self, stage: Stage, read: Stage, contents: Callable[[int], Texts]) -> Texts:
        """Digest the run of shards that each shard of a collecting stage reads.

        `contents` gives what each of so many first shards holds.
        """
        config = self._workspace.config
        held = list(contents(config.shards(read.axis)))
        runs = (
            collected_shards(self._workspace, stage, n) for n in range(config.shards(stage.axis))
        )
        return [run_digest(held[run.start : run.stop]) for run in runs]

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

    def source_of_all(self, stage: Stage, name: str) -> Texts:
        """Give what `source` gives, of all shards of a stage at once."""
        shards = self._workspace.config.shards(stage.axis)
        if name not in self._workspace.sources:
            return Alike("", shards)
        if stage.axis != self._workspace.pipeline.source(name).axis:
            return Alike(self.source(stage, name, 0), shards)
        if name not in self._source_columns:
            reader = self._workspace.sources[name]
            self._source_columns[name] = column_of(reader.digest(n) for n in range(shards))
        return self._source_columns[name]


def _members(name: str, values: Texts) -> Iterable[str]:
    """Write an input of each shard as a member of a JSON object; empty where there is none."""
    start = f"{plain(name)}:"
    if isinstance(values, Alike):
        return Alike(f"{start}{plain(values.text)}" if values.text else "", len(values))
    if isinstance(values, Hex):
        return (f'{start}"{text}"' for text in values)
    return (f"{start}{plain(text)}" if text else "" for text in values)


def _together(members: tuple[str, ...]) -> str:
    return ",".join(filter(None, members))
