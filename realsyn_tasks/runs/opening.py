"""Opens extracts and builds: resolves what the operator asked for into a frozen configuration.

Models are resolved (runs.models), settings are layered (runs.layers). Analyses of what builds
published are opened by runs.analyses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from realsyn_tasks.core import include
from realsyn_tasks.core.config import Frozen, ModelSpec, PinnedSource, ResolvedModel, RunConfig
from realsyn_tasks.core.declaration import Kind, Stage
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.exchange import with_collecting
from realsyn_tasks.core.names import safe_name, slug
from realsyn_tasks.core.stage import StageConfig
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.corpus.pinned import CorpusRef
from realsyn_tasks.corpus.removals import pinned as pinned_takedown
from realsyn_tasks.kinds import BUILD, CORPUS, CRAWL, EXTRACT
from realsyn_tasks.models.deployment import Deployment
from realsyn_tasks.models.kinds import Kind as ModelKind
from realsyn_tasks.runs import models, predecessors, preset
from realsyn_tasks.runs.crawl import pinned as pinned_crawl
from realsyn_tasks.runs.donors import donors_of
from realsyn_tasks.runs.layers import Layer, settings
from realsyn_tasks.runs.partitions import partitions_of
from realsyn_tasks.runs.profile import place as profile_place
from realsyn_tasks.runs.profile import read as read_profile
from realsyn_tasks.sample.group import DATASET
from realsyn_tasks.stages import PIPELINE

SAMPLES_PER_SHARD = 10_000  # img2dataset's and the paper's release


class Choices(Frozen):
    """What an operator may choose; the form in the UI has the same fields."""

    profile: str = "local"
    preset: str = preset.DEFAULT
    seed: int = Field(default=0, ge=0, strict=True)
    models: dict[ModelKind, ModelSpec] = Field(default_factory=dict)
    stages: dict[str, dict[str, Any]] = Field(default_factory=dict)
    follow: str = predecessors.LATEST  # an earlier run of the kind by name, latest, or none


CHOICES = "--options"  # where an operator writes them


def open_extract(root: str, crawl: str, name: str, choices: Choices, format: str = "") -> Workspace:
    """Open the extract of a crawl (a folder or prefix by URI), pinned to all older generations.

    Without a `format`, the crawl's files tell theirs; it is pinned with them.
    """
    storage = Storage.at(root)
    name = safe_name(name, "name") if name else slug(crawl.rstrip("/").rsplit("/", 1)[-1])
    reference = pinned_crawl(crawl, name, format)
    older = _older(generations(storage), name)
    corpus = CorpusRef.of(older)
    pins = {CRAWL.name: reference.pinned(), CORPUS.name: corpus.pinned()}
    config = RunConfig(
        kind=EXTRACT.name,
        name=name,
        axes={CRAWL.axis: len(reference.shards), CORPUS.axis: corpus.shards},
        **common(choices, EXTRACT, pins, _models_over(choices, EXTRACT, older)),
    )
    config = predecessors.followed(storage, config, choices.follow)
    return created(storage, config)


def open_builds(
    root: str, scales: Sequence[str], name: str, pinned: Iterable[int], choices: Choices
) -> list[Workspace]:
    """Open builds at several scales that share all but the sample: NAME-SCALE, or SCALE.

    The others adopt from the first. Raises ConfigError for a scale that is named twice.
    """
    if len(set(scales)) < len(scales):
        raise ConfigError(f"scales {', '.join(scales)}: name each once")
    builds: list[Workspace] = []
    for scale, own in zip(scales, build_names(scales, name), strict=True):
        first = builds[0].config if builds else None
        builds.append(open_build(root, scale, own, pinned, choices, first))
    return builds


def build_names(scales: Sequence[str], name: str) -> list[str]:
    """Name the builds of some scales: NAME-SCALE, or NAME where there is one, or SCALE."""
    if not name:
        return [slug(scale) for scale in scales]
    names = [f"{name}-{slug(scale)}" for scale in scales] if len(scales) > 1 else [name]
    return [safe_name(each, "name") for each in names]


def open_build(
    root: str,
    scale: str,
    name: str,
    pinned: Iterable[int],
    choices: Choices,
    beside: RunConfig | None = None,
) -> Workspace:
    """Open a build at a scale (by name or number of pairs) over some or all generations.

    `beside` is a build of the same choices at another scale, to adopt from.
    """
    storage = Storage.at(root)
    target, samples = target_of(scale)
    chosen = _choose(generations(storage), tuple(pinned), root)
    corpus = CorpusRef.of(chosen, pinned_takedown(storage, chosen))
    pins = {CORPUS.name: corpus.pinned()}
    config = RunConfig(
        kind=BUILD.name,
        name=safe_name(name, "name") if name else slug(scale),
        scale=slug(scale),
        target=target,
        axes={CORPUS.axis: corpus.shards, DATASET: max(1, -(-target // samples))},
        **common(choices, BUILD, pins, _models_over(choices, BUILD, chosen)),
    )
    config = predecessors.followed(storage, config, choices.follow, beside)
    config = config.model_copy(update={"donors": _donors(storage, config, choices, beside)})
    return created(storage, config)


def _donors(
    storage: Storage, config: RunConfig, choices: Choices, beside: RunConfig | None
) -> tuple[str, ...]:
    first = (beside.name,) if beside else ()
    return first if choices.follow == predecessors.NONE else donors_of(storage, config, first)


def _models_over(
    choices: Choices, kind: Kind, corpus: list[Generation]
) -> dict[str, ResolvedModel]:
    own = models_of(choices)
    models.require_kinds(own, stages_of(kind), profile_place(choices.profile))
    models.require_encoder_of(corpus, own[models.ENCODER])
    return own


def models_of(choices: Choices, kinds: Collection[str] = ()) -> dict[str, ResolvedModel]:
    """Resolve the models that an operator's choices come to, of all kinds or of some."""
    profile, place = read_profile(choices.profile), profile_place(choices.profile)
    start, start_place = preset.read(choices.preset), preset.place(choices.preset)
    named = [(profile.models, place), (start.models, start_place), (choices.models, CHOICES)]
    wanted = [
        ({kind: spec for kind, spec in specs.items() if not kinds or kind in kinds}, where)
        for specs, where in named
    ]
    return models.of_run(wanted, Deployment.here(profile.backends))


def common(
    choices: Choices,
    kind: Kind,
    sources: Mapping[str, PinnedSource],
    own: Mapping[str, ResolvedModel],
) -> dict[str, Any]:
    """Give what a run of any kind is told: its models, settings in layers, and how it is cut.

    Raises ConfigError where a stage lacks a model, or a setting has no meaning.
    """
    profile, place = read_profile(choices.profile), profile_place(choices.profile)
    deployment = Deployment.here(profile.backends)
    start, start_place = preset.read(choices.preset), preset.place(choices.preset)
    models.require_kinds(own, stages_of(kind), place)
    layers = [
        Layer(include.filters(), include.place(include.filters_path()), ""),
        *models.calibrations(own, deployment),
        Layer(start.stages, start_place),
        Layer(profile.stages, place),
        Layer(choices.stages, CHOICES),
    ]
    configs = _stage_configs(kind, layers)
    stages = {name: c.resolved().model_dump(mode="json") for name, c in configs.items()}
    hooks = [group.hook("settle") for group in PIPELINE.groups_of(kind.name)]
    return {
        "seed": choices.seed,
        "profile": choices.profile,
        "preset": choices.preset,
        "models": {**own, **models.of_settings(configs, layers, deployment)},
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


def created(storage: Storage, config: RunConfig) -> Workspace:
    """Freeze a configuration, with the axes of the stages that collect."""
    stages = [stage for group in PIPELINE.groups_of(config.kind) for stage in group.stages]
    return Workspace.create(storage, with_collecting(config, stages), PIPELINE)


def _stage_configs(kind: Kind, layers: list[Layer]) -> dict[str, StageConfig]:
    configs = settings(layers, [stage.name for stage in stages_of(kind)], PIPELINE)
    return {name: config.pinned() for name, config in configs.items()}


def target_of(scale: str) -> tuple[int, int]:
    """Give the pairs of a scale and of a published shard; ConfigError if there is no such scale."""
    if scale.isdigit() and int(scale) > 0:
        return int(scale), SAMPLES_PER_SHARD
    known = include.scales()
    if scale not in known:
        raise ConfigError(f"scale {scale!r}: give a number of pairs or one of {', '.join(known)}")
    return known[scale]["target"], known[scale].get("samples_per_shard", SAMPLES_PER_SHARD)


def _choose(
    generations_known: list[Generation], pinned: tuple[int, ...], root: str
) -> list[Generation]:
    missing = set(pinned) - {generation.generation for generation in generations_known}
    if missing or not generations_known:
        what = f"generations {sorted(missing)}" if missing else "no generation at all"
        raise ConfigError(f"the corpus in {root} lacks {what}; extract a crawl first")
    return [g for g in generations_known if not pinned or g.generation in pinned]


def _older(generations_known: list[Generation], name: str) -> list[Generation]:
    """Give the generations before this crawl's own, if it has been promoted already."""
    own = [generation.generation for generation in generations_known if generation.extract == name]
    return [g for g in generations_known if not own or g.generation < own[0]]
