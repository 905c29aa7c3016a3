"""Opens extracts and builds: resolves what the operator asked for into a frozen configuration.

Choices are resolved by runs.choices, fields checked by runs.form, so that all that is wrong is told
at once. Analyses of what builds published are opened by runs.analyses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from realsyn_tasks.core.config import PinnedSource, ResolvedModel, RunConfig
from realsyn_tasks.core.exchange import with_collecting
from realsyn_tasks.core.names import slug
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.corpus.pinned import CorpusRef, corpus_of
from realsyn_tasks.corpus.removals import pinned as pinned_takedown
from realsyn_tasks.kinds import BUILD, CORPUS, CRAWL, EXTRACT
from realsyn_tasks.runs import models, predecessors
from realsyn_tasks.runs.choices import Choices, common
from realsyn_tasks.runs.crawl import pinned as pinned_crawl
from realsyn_tasks.runs.donors import donors_of
from realsyn_tasks.runs.form import (
    Wanted,
    check_crawl,
    checked_models,
    checked_name,
    checked_root,
    checked_scales,
)
from realsyn_tasks.runs.places import generations_to_open, require_generations
from realsyn_tasks.runs.targets import outlook, target_of
from realsyn_tasks.sample.group import DATASET
from realsyn_tasks.stages import PIPELINE


def open_extract(
    root: str,
    crawl: str,
    name: str,
    choices: Choices,
    format: str = "",
    problems: Problems | None = None,
) -> Workspace:
    """Open the extract of a crawl (a folder or prefix by URI), pinned to all older generations.

    Without a `format`, the crawl's files tell theirs; it is pinned with them. All that is wrong,
    with what is noted as `problems` already, is told at once, before the crawl is read.
    """
    asked = checked_extract(root, crawl, name, choices, format, problems)
    storage, pins = asked.storage, {CORPUS.name: asked.corpus.pinned()}
    pins = {CRAWL.name: pinned_crawl(crawl, asked.name, format).pinned(), **pins}
    choices = choices.beside(storage)
    return created(storage, _extract_config(storage, asked.name, choices, pins, asked.models))


class CheckedExtract(NamedTuple):
    """An extract that can be opened."""

    storage: Storage
    name: str
    corpus: CorpusRef  # older generations
    models: dict[str, ResolvedModel]


def checked_extract(
    root: str,
    crawl: str,
    name: str,
    choices: Choices,
    format: str = "",
    problems: Problems | None = None,
) -> CheckedExtract:
    """Check all that is said of an extract, in seconds; ConfigError for all that is wrong."""
    problems = Problems() if problems is None else problems
    name = name_of_extract(crawl, checked_name(name, problems))
    storage = checked_root(root, EXTRACT, choices.follow, problems)
    choices = choices.beside(storage) if storage else choices
    check_crawl(crawl, format, problems)
    own = checked_models(choices, (EXTRACT,), problems)
    problems.raise_if_any()
    assert storage is not None
    older = _older(generations(storage), name)
    models.require_encoder_of(older, own[models.ENCODER])
    corpus = CorpusRef.of(older)
    _extract_config(storage, name, choices, {CORPUS.name: corpus.pinned()}, own)
    return CheckedExtract(storage, name, corpus, own)


def _extract_config(
    storage: Storage,
    name: str,
    choices: Choices,
    pins: Mapping[str, PinnedSource],
    own: Mapping[str, ResolvedModel],
) -> RunConfig:
    """Configure an extract; without its crawl, to see whether that can be done."""
    crawl = crawl_of(pins)
    axes: dict[str, int] = {CRAWL.axis: len(crawl.shards)} if crawl else {}
    config = RunConfig(
        kind=EXTRACT.name,
        name=name,
        axes=axes | {CORPUS.axis: corpus_of(pins).shards},
        **common(choices, EXTRACT, pins, own),
    )
    return predecessors.followed(storage, config, choices.follow)


def name_of_extract(crawl: str, name: str = "") -> str:
    """Name the extract of a crawl: as somebody did, or by the crawl's folder."""
    return name or slug(crawl.rstrip("/").rsplit("/", 1)[-1])


def open_builds(
    root: str,
    scales: Sequence[str],
    name: str,
    pinned: Iterable[int],
    choices: Choices,
    allow_smaller: bool = False,
    problems: Problems | None = None,
) -> list[Workspace]:
    """Open builds at several scales that share all but the sample: NAME-SCALE, or SCALE.

    The others adopt from the first. Raises ConfigError for all that is wrong, with what is noted as
    `problems` already; also for a scale that is named twice, or that the corpus cannot meet.
    """
    problems = Problems() if problems is None else problems
    storage = checked_root(root, BUILD, choices.follow, problems)
    choices = choices.beside(storage) if storage else choices
    wanted = checked_scales(scales, name, choices, allow_smaller, problems)
    own = checked_models(choices, (BUILD,), problems)
    problems.raise_if_any()
    assert storage is not None
    chosen = _choose(generations(storage), tuple(pinned), root)
    corpus = CorpusRef.of(chosen, pinned_takedown(storage, chosen))
    models.require_encoder_of(chosen, own[models.ENCODER])
    configs = build_configs(storage, wanted, corpus, own)
    for config in configs:
        with problems.noted():
            outlook(storage, config).require_possible()
    problems.raise_if_any()
    return [created(storage, config) for config in configs]


def open_pinned(
    root: str,
    scales: Sequence[str],
    name: str,
    generations_named: str,
    choices: Choices,
    allow_smaller: bool = False,
    extract: str = "",
    problems: Problems | None = None,
) -> list[Workspace]:
    """Open builds over generations as a form names them, and over that of an extract."""
    problems = Problems() if problems is None else problems
    numbers: list[int] = []
    with problems.noted():
        known = generations(Storage.at(root))
        numbers = generations_to_open(known, generations_named, root, extract)
    return open_builds(root, scales, name, numbers, choices, allow_smaller, problems)


def open_build(
    root: str,
    scale: str,
    name: str,
    pinned: Iterable[int],
    choices: Choices,
    allow_smaller: bool = False,
) -> Workspace:
    """Open a build at a scale (by name or number of pairs) over some or all generations."""
    [build] = open_builds(root, [scale], name, pinned, choices, allow_smaller)
    return build


def build_configs(
    storage: Storage, wanted: Sequence[Wanted], corpus: CorpusRef, own: Mapping[str, ResolvedModel]
) -> list[RunConfig]:
    """Give the configurations of builds over a corpus; the others are to adopt from the first."""
    configs: list[RunConfig] = []
    for each in wanted:
        configs.append(_build_config(storage, each, corpus, own, configs[0] if configs else None))
    return configs


def _build_config(
    storage: Storage,
    wanted: Wanted,
    corpus: CorpusRef,
    own: Mapping[str, ResolvedModel],
    beside: RunConfig | None,
) -> RunConfig:
    target, samples = target_of(wanted.scale)
    pins = {CORPUS.name: corpus.pinned()}
    config = RunConfig(
        kind=BUILD.name,
        name=wanted.name,
        scale=slug(wanted.scale),
        target=target,
        allow_smaller=wanted.allow_smaller,
        axes={CORPUS.axis: corpus.shards, DATASET: max(1, -(-target // samples))},
        **common(wanted.choices, BUILD, pins, own),
    )
    config = predecessors.followed(storage, config, wanted.choices.follow, beside)
    donors = _donors(storage, config, wanted.choices, beside)
    return config.model_copy(update={"donors": donors})


def _donors(
    storage: Storage, config: RunConfig, choices: Choices, beside: RunConfig | None
) -> tuple[str, ...]:
    first = (beside.name,) if beside else ()
    return first if choices.follow == predecessors.NONE else donors_of(storage, config, first)


def created(storage: Storage, config: RunConfig) -> Workspace:
    """Freeze a configuration, with the axes of the stages that collect."""
    stages = [stage for group in PIPELINE.groups_of(config.kind) for stage in group.stages]
    return Workspace.create(storage, with_collecting(config, stages), PIPELINE)


def _choose(known: list[Generation], pinned: tuple[int, ...], root: str) -> list[Generation]:
    require_generations([generation.generation for generation in known], pinned, root)
    return [g for g in known if not pinned or g.generation in pinned]


def _older(generations_known: list[Generation], name: str) -> list[Generation]:
    """Give the generations before this crawl's own, if it has been promoted already."""
    own = [generation.generation for generation in generations_known if generation.extract == name]
    return [g for g in generations_known if not own or g.generation < own[0]]
