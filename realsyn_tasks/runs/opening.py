"""Opens extracts and builds: resolves what the operator asked for into a frozen configuration.

Stage settings are layered: the stage's own defaults (the paper's numbers; those of filters are in
include/filters.yaml), what was calibrated for the chosen models (include/models), the profile's,
then the operator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from realsyn_tasks.core import include
from realsyn_tasks.core.config import Dispatch, ModelSpec, PinnedSource, RunConfig
from realsyn_tasks.core.declaration import Kind
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.names import safe_name, slug
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.corpus.pinned import CorpusRef
from realsyn_tasks.corpus.removals import pinned as pinned_takedown
from realsyn_tasks.kinds import BUILD, CORPUS, CRAWL, EXTRACT
from realsyn_tasks.runs import predecessors
from realsyn_tasks.runs.crawl import pinned as pinned_crawl
from realsyn_tasks.sample.group import DATASET
from realsyn_tasks.stages import PIPELINE

SAMPLES_PER_SHARD = 10_000  # img2dataset's and the paper's release


@dataclass(frozen=True)
class Choices:
    """What an operator may choose; the form in the UI has the same fields."""

    profile: str = "local"
    seed: int = 0
    models: Mapping[str, Any] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    follow: str = predecessors.LATEST  # an earlier run of the kind by name, latest, or none


def open_extract(root: str, crawl: str, name: str, choices: Choices, format: str = "") -> Workspace:
    """Open the extract of a crawl (a folder or prefix by URI), pinned to all older generations.

    Without a `format`, the crawl's files tell theirs; it is pinned with them.
    """
    storage = Storage.at(root)
    name = safe_name(name, "name") if name else slug(crawl.rstrip("/").rsplit("/", 1)[-1])
    reference = pinned_crawl(crawl, name, format)
    corpus = CorpusRef.of(_older(generations(storage), name))
    config = RunConfig(
        kind=EXTRACT.name,
        name=name,
        axes={CRAWL.axis: len(reference.shards), CORPUS.axis: corpus.shards},
        **_common(choices, EXTRACT, {CRAWL.name: reference.pinned(), CORPUS.name: corpus.pinned()}),
    )
    config = predecessors.followed(storage, config, choices.follow)
    return Workspace.create(storage, config, PIPELINE)


def open_build(
    root: str, scale: str, name: str, pinned: Iterable[int], choices: Choices
) -> Workspace:
    """Open a build at a scale (by name or number of pairs) over some or all generations."""
    storage = Storage.at(root)
    target, samples = target_of(scale)
    chosen = _choose(generations(storage), tuple(pinned), root)
    corpus = CorpusRef.of(chosen, pinned_takedown(storage, chosen))
    config = RunConfig(
        kind=BUILD.name,
        name=safe_name(name, "name") if name else slug(scale),
        scale=slug(scale),
        target=target,
        axes={CORPUS.axis: corpus.shards, DATASET: max(1, -(-target // samples))},
        **_common(choices, BUILD, {CORPUS.name: corpus.pinned()}),
    )
    config = predecessors.followed(storage, config, choices.follow)
    return Workspace.create(storage, config, PIPELINE)


def _common(choices: Choices, kind: Kind, sources: Mapping[str, PinnedSource]) -> dict[str, Any]:
    profile = include.profile(choices.profile)
    models = {name: ModelSpec(**spec) for name, spec in profile["models"].items()}
    models |= {name: _model_spec(spec) for name, spec in choices.models.items() if spec}
    stages = _stage_configs(kind, models, profile, choices)
    hooks = [group.hook("settle") for group in PIPELINE.groups_of(kind.name)]
    return {
        "seed": choices.seed,
        "models": models,
        "stages": stages,
        "sources": dict(sources),
        "partitions": _partitions(kind, profile),
        "dispatch": Dispatch(**profile.get("batches", {})),
        "resources": profile.get("resources", {}),
        "off": tuple(name for settle in hooks if settle for name in settle(stages, sources)),
    }


def _partitions(kind: Kind, profile: Mapping[str, Any]) -> dict[str, int]:
    """Give the number of partitions of each axis that work of this kind is cut by."""
    stages = [stage for group in PIPELINE.groups_of(kind.name) for stage in group.stages]
    cut = {str(stage.axis) for stage in stages if stage.axis.cut}
    return {name: count for name, count in profile["partitions"].items() if name in cut}


def _model_spec(spec: Any) -> ModelSpec:
    return ModelSpec(name=spec) if isinstance(spec, str) else ModelSpec(**spec)


def _stage_configs(
    kind: Kind,
    models: Mapping[str, ModelSpec],
    profile: Mapping[str, Any],
    choices: Choices,
) -> dict[str, dict[str, Any]]:
    layers: list[Mapping[str, Mapping[str, Any]]] = [include.filters()]
    layers += [include.calibration(_calibrated_as(spec)) for spec in models.values()]
    layers += [profile.get("stages", {}), choices.stages]
    unknown = set(choices.stages) - {stage.name for stage in PIPELINE.stages}
    if unknown:
        raise ConfigError(f"there are no stages called {', '.join(sorted(unknown))}")
    stages = [stage for group in PIPELINE.groups_of(kind.name) for stage in group.stages]
    return {stage.name: _stage_config(stage.name, layers) for stage in stages}


def _calibrated_as(spec: ModelSpec) -> str:
    return str(spec.options.get("checkpoint", spec.name))


def _stage_config(name: str, layers: list[Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for layer in layers:
        values |= layer.get(name, {})
    try:
        config = PIPELINE.stage(name).config_class()(**values)
    except ValidationError as error:
        raise ConfigError(f"settings of stage {name}: {error}") from error
    return config.pinned().model_dump(mode="json")


def target_of(scale: str) -> tuple[int, int]:
    """Give the pairs of a scale and of a published shard; ConfigError if there is no such scale."""
    if scale.isdigit() and int(scale) > 0:
        return int(scale), SAMPLES_PER_SHARD
    known = include.scales()
    if scale not in known:
        raise ConfigError(f"scale {scale!r}: give a number of pairs or one of {', '.join(known)}")
    return known[scale]["target"], known[scale].get("samples_per_shard", SAMPLES_PER_SHARD)


def _choose(found: list[Generation], pinned: tuple[int, ...], root: str) -> list[Generation]:
    missing = set(pinned) - {generation.generation for generation in found}
    if missing or not found:
        what = f"generations {sorted(missing)}" if missing else "no generation at all"
        raise ConfigError(f"the corpus in {root} lacks {what}; extract a crawl first")
    return [g for g in found if not pinned or g.generation in pinned]


def _older(found: list[Generation], name: str) -> list[Generation]:
    """Give the generations before this crawl's own, if it has been promoted already."""
    own = [generation.generation for generation in found if generation.extract == name]
    return [g for g in found if not own or g.generation < own[0]]
