"""What an operator may choose for a run, and what it comes to: models, and settings in layers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import Field, PrivateAttr

from realsyn_tasks.core import closed, include
from realsyn_tasks.core.config import Frozen, ModelSpec, PinnedSource, ResolvedModel
from realsyn_tasks.core.declaration import Kind, Stage
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.core.stage import StageConfig
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.models.cards import model_set, model_set_place
from realsyn_tasks.models.deployment import Deployment
from realsyn_tasks.models.kinds import Kind as ModelKind
from realsyn_tasks.runs import models, predecessors, preset
from realsyn_tasks.runs.layers import Layer, settings
from realsyn_tasks.runs.partitions import partitions_of
from realsyn_tasks.runs.profile import place as profile_place
from realsyn_tasks.runs.profile import read as read_profile
from realsyn_tasks.stages import PIPELINE


class Choices(Frozen):
    """What an operator may choose; the form in the UI has the same fields."""

    profile: str = "local"
    preset: str = preset.DEFAULT
    seed: int = Field(default=0, ge=0, strict=True)
    model_set: str = ""  # models that belong together, by one name; `models` counts before it
    models: dict[ModelKind, ModelSpec] = Field(default_factory=dict)
    stages: dict[str, dict[str, Any]] = Field(default_factory=dict)
    follow: str = predecessors.LATEST  # an earlier run of the kind by name, latest, or none
    _root: Storage | None = PrivateAttr(default=None)  # whose cards may be chosen, too

    def beside(self, storage: Storage) -> Choices:
        """Let the cards of a root be chosen, too; those of include/models come first."""
        copy = self.model_copy()
        copy._root = storage
        return copy

    @property
    def deployment(self) -> Deployment:
        """Give the models that there are to choose from."""
        here = Deployment.here(read_profile(self.profile).backends)
        return models.with_cards_of(self._root, here)


CHOICES = "--options"  # where an operator writes them


def read_choices(text: str, problems: Problems) -> Choices:
    """Read what an operator chose, a JSON object, each word for itself, and note what is wrong."""
    right: dict[str, Any] = {}
    with problems.noted():
        for word, value in closed.json_object(text, CHOICES).items():
            with problems.noted():
                closed.validate(Choices, {word: value}, CHOICES)
                right[word] = value
    return Choices(**right)


def models_of(choices: Choices, kinds: Collection[str] = ()) -> dict[str, ResolvedModel]:
    """Resolve the models that an operator's choices come to, of all kinds or of some."""
    profile, place = read_profile(choices.profile), profile_place(choices.profile)
    start, start_place = preset.read(choices.preset), preset.place(choices.preset)
    named = [
        *_with_set(profile.model_set, profile.models, place),
        *_with_set(start.model_set, start.models, start_place),
        *_with_set(choices.model_set, choices.models, CHOICES),
    ]
    wanted = [
        ({kind: spec for kind, spec in specs.items() if not kinds or kind in kinds}, where)
        for specs, where in named
    ]
    return models.of_run(wanted, choices.deployment)


def _with_set(
    name: str, own: Mapping[ModelKind, ModelSpec], place: str
) -> list[tuple[Mapping[ModelKind, ModelSpec], str]]:
    """Give the models of a set, and those that are named one by one, which count before them."""
    return [(model_set(name).models, model_set_place(name)), (own, place)]


def settled(
    choices: Choices, kind: Kind, own: Mapping[str, ResolvedModel]
) -> tuple[dict[str, dict[str, Any]], dict[str, ResolvedModel]]:
    """Give the settings of a kind's stages, from all layers, and the models that they ask for.

    Raises ConfigError for all settings that have no meaning.
    """
    profile, place = read_profile(choices.profile), profile_place(choices.profile)
    deployment = choices.deployment
    start, start_place = preset.read(choices.preset), preset.place(choices.preset)
    layers = [
        Layer(include.filters(), include.place(include.filters_path()), ""),
        *models.calibrations(own, deployment),
        Layer(start.stages, start_place),
        Layer(profile.stages, place),
        Layer(choices.stages, CHOICES),
    ]
    models.require_calibrated(own, layers, deployment)
    configs = _stage_configs(kind, layers)
    stages = {name: c.resolved().model_dump(mode="json") for name, c in configs.items()}
    asked = models.of_settings(configs, layers, deployment, own)
    models.require_calibrated(asked, layers, deployment)
    return stages, asked


def common(
    choices: Choices,
    kind: Kind,
    sources: Mapping[str, PinnedSource],
    own: Mapping[str, ResolvedModel],
) -> dict[str, Any]:
    """Give what a run of any kind is told: its models, settings in layers, and how it is cut.

    Raises ConfigError where a stage lacks a model, or a setting has no meaning.
    """
    profile = read_profile(choices.profile)
    models.require_kinds(own, stages_of(kind), profile_place(choices.profile))
    stages, of_settings = settled(choices, kind, own)
    hooks = [group.hook("settle") for group in PIPELINE.groups_of(kind.name)]
    return {
        "seed": choices.seed,
        "profile": choices.profile,
        "preset": choices.preset,
        "models": {**own, **of_settings},
        "stages": stages,
        "sources": dict(sources),
        "partitions": partitions_of(kind, profile.partitions, sources),
        "dispatch": profile.batches,
        "device": profile.device,
        "resources": {name: given.changes() for name, given in profile.resources.items()},
        "off": tuple(name for settle in hooks if settle for name in settle(stages, sources)),
    }


def stages_of(kind: Kind) -> list[Stage]:
    """List the stages that a kind of run declares."""
    return [stage for group in PIPELINE.groups_of(kind.name) for stage in group.declared]


def _stage_configs(kind: Kind, layers: list[Layer]) -> dict[str, StageConfig]:
    configs = settings(layers, [stage.name for stage in stages_of(kind)], PIPELINE)
    problems = Problems()
    pinned: dict[str, StageConfig] = {}
    for name, config in configs.items():
        with problems.noted():
            pinned[name] = config.pinned()
    problems.raise_if_any()
    return pinned
