"""The models of a run, resolved when it is opened: its own, and those that settings ask for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from realsyn_tasks import models
from realsyn_tasks.core.config import ModelSpec, ResolvedModel, RunConfig
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.core.stage import StageConfig
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.generations import Generation
from realsyn_tasks.models import stored
from realsyn_tasks.models.deployment import Deployment
from realsyn_tasks.models.kinds import KINDS, Kind
from realsyn_tasks.models.resolution import Asked, not_told_twice, resolve, resolve_all
from realsyn_tasks.runs.layers import Layer, last_that_says
from realsyn_tasks.runs.profile import read as read_profile
from realsyn_tasks.stages import PIPELINE

ENCODER = "encoder"


def with_cards_of(storage: Storage | None, here: Deployment) -> Deployment:
    """Add the cards of a root, if there is one; those of include/models come first."""
    if storage is None:
        return here
    known = stored.cards_in(storage)
    withdrawn = stored.withdrawn_in(storage, known)
    return here.with_cards(known, f"{storage.uri}/{stored.FOLDER}", withdrawn)


def of_run(
    named: Iterable[tuple[Mapping[Kind, ModelSpec], str]], deployment: Deployment
) -> dict[str, ResolvedModel]:
    """Resolve the models of a run: of each kind that which was named last.

    `named` has the models of the profile, the preset and the operator in turn, and their places.
    """
    asked: dict[str, Asked] = {
        kind: Asked(spec, place, f"models.{kind}")
        for specs, place in named
        for kind, spec in specs.items()
    }
    resolved = resolve_all(asked, deployment)
    _note(resolved)
    return resolved


def require_kinds(models: Iterable[str], stages: Iterable[Stage], place: str) -> None:
    """Raise ConfigError where a stage uses a kind that nobody has named a model of."""
    missing = {kind for stage in stages for kind in stage.models} - set(models)
    if missing:
        raise ConfigError(f"{place}: models lacks {', '.join(sorted(missing))}")


def of_settings(
    configs: Mapping[str, StageConfig],
    layers: Sequence[Layer],
    deployment: Deployment,
    own: Mapping[str, ResolvedModel],
) -> dict[str, ResolvedModel]:
    """Resolve what stage settings ask for, by "STAGE.NAME"; `own` are the run's models.

    Where these are not known, since they are wrong themselves, what needs them is let be.
    """
    problems = Problems()
    resolved: dict[str, ResolvedModel] = {}
    for stage, config in configs.items():
        for name, (kind, spec) in config.asked_models().items():
            layer = last_that_says(layers, stage, name.split(".")[0])
            asked = Asked(spec, layer.place, f"{layer.within}.{stage}.{name}")
            with problems.noted(), not_told_twice(set() if own else set(KINDS)):
                resolved[f"{stage}.{name}"] = resolve(kind, asked, deployment, own)
    problems.raise_if_any()
    return resolved


def calibrations(models: Mapping[str, ResolvedModel], deployment: Deployment) -> Iterator[Layer]:
    """Give what was measured for each model; of rules that ask for a kind, for that kind alone."""
    uses = {stage.name: stage.models for stage in PIPELINE.stages}
    for kind, model in models.items():
        if model.card:
            stages = deployment.cards[model.card].stages
            mine = {name: s for name, s in stages.items() if kind in (uses.get(name) or [kind])}
            yield Layer(mine, deployment.place_of(model.card))


def require_calibrated(
    models: Mapping[str, ResolvedModel], layers: Sequence[Layer], deployment: Deployment
) -> None:
    """Warn where a model's card says that rules are to be measured for it first.

    `models` are the run's by kind, and those that settings ask for by "STAGE.NAME". Raises
    ConfigError where a card says that they must be, and nobody has set them.
    """
    problems = Problems()
    for name, model in models.items():
        stage = name.partition(".")[0] if "." in name else ""
        due = _due(model.card, stage, layers, deployment)
        if not due:
            continue
        counts = "what stands beside its name counts" if stage else "the stages' defaults count"
        words = (
            f"{model.kind} {model.name}: {', '.join(due)} not measured for it, and {counts}:"
            f" measure first, {_measuring(due, model.kind, model.card)}"
        )
        with problems.noted():
            if "refuse" in due.values():
                place = deployment.place_of(model.card)
                then = f"take {stage} out of `calibrate` in" if stage else "write it into"
                raise ConfigError(f"{words}; {then} {place}")
            print(f"warning: {words}", file=sys.stderr)
    problems.raise_if_any()


def _due(
    card: str, stage: str, layers: Sequence[Layer], deployment: Deployment
) -> dict[str, Literal["warn", "refuse"]]:
    """Give the stages whose rules were not measured for a card's model, and how grave that is.

    `stage` is the one whose settings ask for it, if any. A scorer cannot be named without a number,
    so that one which stands there does not tell that it was measured.
    """
    calibrate = deployment.cards[card].calibrate if card in deployment.cards else {}
    if stage:
        return {name: how for name, how in calibrate.items() if name == stage}
    said = _said_for(card, layers, deployment)
    return {name: how for name, how in calibrate.items() if name not in said}


def _measuring(due: Iterable[str], kind: str, card: str) -> str:
    """Say how each stage's settings are measured for a model."""
    how = {stage: way for group in PIPELINE.groups for stage, way in group.measured_by.items()}
    return "; ".join(f"{stage}: {how[stage].format(card=card, kind=kind)}" for stage in due)


def _said_for(card: str, layers: Sequence[Layer], deployment: Deployment) -> set[str]:
    """Name the stages of which somebody said something that holds for a card's model.

    What the card of another model says was measured for that one.
    """
    others = {deployment.place_of(name) for name in deployment.cards if name != card}
    return {stage for layer in layers[1:] if layer.place not in others for stage in layer.stages}


def require_encoder_of(generations: Iterable[Generation], encoder: ResolvedModel) -> None:
    """Raise ConfigError if vectors of the corpus are another encoder's."""
    for generation in generations:
        theirs = generation.models.get(ENCODER, encoder.identity)
        if theirs != encoder.identity:
            raise ConfigError(
                f"generation {generation.generation} of the corpus was embedded with {theirs}, but"
                f" the encoder of this run is {encoder.identity}: choose that one, pin other"
                " generations, or extract the crawls under another root"
            )


def loader(config: RunConfig) -> Callable[[str, ResolvedModel], Any]:
    """Give what loads a run's models as they were resolved: by kind, or by name in settings."""
    deployment = Deployment.here(read_profile(config.profile).backends if config.profile else {})

    def load(kind: str, model: ResolvedModel) -> Any:
        return models.load(model.kind, model, deployment, config.models)

    return load


def of_names(
    names: Mapping[str, str], options: Mapping[str, Mapping[str, Any]], deployment: Deployment
) -> dict[str, ResolvedModel]:
    """Resolve models by the names of cards or backends, beside no run; ConfigError as at opening.

    `options` are of some kinds.
    """
    asked = {
        kind: Asked(ModelSpec(name=name, options=dict(options.get(kind, {}))), "models", kind)
        for kind, name in names.items()
    }
    return resolve_all(asked, deployment)


def by_kind(resolved: Mapping[str, ResolvedModel]) -> Callable[[str], Any]:
    """Give what loads models that stand beside no run, by kind."""
    deployment = Deployment.here()
    return lambda kind: models.load(kind, resolved[kind], deployment, resolved)


def load_named(
    kind: str, name: str, options: Mapping[str, Any], beside: Mapping[str, str] | None = None
) -> Any:
    """Load a model by the name of a card or backend, beside no run; ConfigError as at opening.

    `beside` names those that it needs, by kind.
    """
    deployment = Deployment.here()
    others = of_names(beside or {}, {}, deployment)
    spec = ModelSpec(name=name, options=dict(options))
    return models.load(kind, resolve(kind, Asked(spec), deployment, others), deployment, others)


def models_in_words(models: Mapping[str, ResolvedModel]) -> dict[str, dict[str, str]]:
    """Give for people what each model is, and whether that was found or only declared."""
    return {
        kind: {"name": model.name, "identity": model.identity, "resolved": model.resolved}
        for kind, model in models.items()
    }


def _note(models: Mapping[str, ResolvedModel]) -> None:
    for kind, model in models.items():
        if model.resolved == "declared":
            print(f"{kind} {model.name} is taken as declared: {model.identity}", file=sys.stderr)
        if not model.card:
            said = "no card in include/models describes it, so no threshold is calibrated for it"
            print(f"{kind} {model.name} ({model.identity}): {said}", file=sys.stderr)
