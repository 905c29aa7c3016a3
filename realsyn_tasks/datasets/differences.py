"""In what two builds differ: what they are pinned to, models, settings, and versions of stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from realsyn_tasks.core.declaration import Pipeline
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.corpus.pinned import Takedown, corpus_of
from realsyn_tasks.datasets.publication import Publication
from realsyn_tasks.datasets.versions import Version

PINNED, MODELS = "pinned", "models"
SILENT = frozenset({"uri", "frozen"})  # places of files, whose digests stay; pins of fits
DIGITS = 12  # of an identity


@dataclass(frozen=True)
class Difference:
    """A setting, a model or a source, as either side has it; None where it has none."""

    group: str  # stage group that it belongs to; "" for the whole build
    where: str  # stage, PINNED or MODELS
    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Side:
    """A version and what made it, as far as that is still there."""

    version: Version
    build: Workspace | None  # None: gone, or it has published another version since
    known: tuple[Generation, ...]  # all generations of the root

    @staticmethod
    def of(version: Version, notes: Mapping[str, Publication], pipeline: Pipeline) -> Side:
        """Find the build of a version by what each build published last."""
        storage = version.storage
        folders = [folder for folder, note in notes.items() if note.path == version.path]
        return Side(version, _opened(storage, folders, pipeline), tuple(generations(storage)))

    @cached_property
    def generations(self) -> dict[int, Generation]:
        """Give the generations that the version was made from, by number."""
        pinned = {ref.generation for ref in self.version.manifest.generations}
        return {each.generation: each for each in self.known if each.generation in pinned}

    @property
    def takedown(self) -> Takedown | None:
        """Give what was under a tombstone when the build was opened; None: nothing, or unknown."""
        return corpus_of(self.build.config.sources).takedown if self.build else None

    @property
    def made_from(self) -> dict[str, Any]:
        """Give what the version as a whole was made from and for."""
        manifest = self.version.manifest
        numbers = [ref.generation for ref in manifest.generations]
        about = {"dataset": manifest.name, "scale": manifest.scale, "target": manifest.target}
        return {**about, "generations": numbers}

    @property
    def models(self) -> dict[str, str]:
        """Give the models by kind: what was asked for, and the beginning of their identities."""
        asked = self.build.config.models if self.build else {}
        names = {kind: model.name for kind, model in asked.items()}
        identities = self.version.manifest.models.items()
        return {kind: f"{names.get(kind, kind)} ({text[:DIGITS]})" for kind, text in identities}


def _opened(storage: Storage, folders: list[str], pipeline: Pipeline) -> Workspace | None:
    return Workspace.open(f"{storage.uri}/{folders[0]}", pipeline) if folders else None


def differences(old: Side, new: Side) -> list[Difference]:
    """Give all in which two versions were made differently; settings where both builds remain."""
    made = [*_unlike("", PINNED, old.made_from, new.made_from), *_models(old, new)]
    if old.build and new.build:
        made += _unlike("", PINNED, _asked(old, old.build), _asked(new, new.build))
        for stage in old.build.pipeline.stages:
            settings, code = (
                [told(run, stage.name) for run in (old.build, new.build)]
                for told in (_settings, _code)
            )
            made += _unlike(stage.group, stage.name, *settings)
            made += _unlike(stage.group, stage.name, *code) if all(code) else []
    return made


def _asked(side: Side, build: Workspace) -> dict[str, Any]:
    """Give what a build was told as a whole."""
    takedown = side.takedown.number if side.takedown else 0
    return {"takedown": takedown, "seed": build.config.seed, "preset": build.config.preset}


def _models(old: Side, new: Side) -> Iterator[Difference]:
    identities = [side.version.manifest.models for side in (old, new)]
    for kind in [each.name for each in _unlike("", MODELS, *identities)]:
        names = (old.models.get(kind), new.models.get(kind))
        for group in _users(old.build or new.build, kind) or [""]:
            yield Difference(group, MODELS, kind, *names)


def _users(run: Workspace | None, kind: str) -> list[str]:
    """Name the groups of a build whose stages use a model."""
    stages = run.stages() if run else []
    return list(dict.fromkeys(stage.group for stage in stages if kind in stage.models))


def _settings(run: Workspace, stage: str) -> dict[str, Any]:
    """Give the settings of a stage, flat."""
    return dict(_flat("", run.config.stages.get(stage, {})))


def _code(run: Workspace, stage: str) -> dict[str, Any]:
    """Give the version of the code that a stage's first shard was made by, if it was."""
    commit = run.ledger(stage).find(0)
    return {"version of the stage": commit.stage_version} if commit else {}


def _flat(prefix: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value)
        elif name not in SILENT:
            yield f"{prefix}{name}", value


def _unlike(
    group: str, where: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield Difference(group, where, name, old.get(name), new.get(name))
