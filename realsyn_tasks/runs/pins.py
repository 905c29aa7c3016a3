"""What a build is made of, settled when it is asked for: before anything runs or waits.

The generations of the corpus that are there now are pinned, or those that are named; of what is
promoted meanwhile only the generation of the build's own crawl is added (runs.opening opens the
build over just these). The whole form is checked with it, for all that is ever made of it.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from realsyn_tasks.core.config import Frozen, ResolvedModel
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.core.shards import as_ranges
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.generations import Generation, GenerationRef, generations
from realsyn_tasks.corpus.pinned import CorpusRef
from realsyn_tasks.corpus.removals import pinned as pinned_takedown
from realsyn_tasks.kinds import ANALYSIS, BUILD, EXTRACT
from realsyn_tasks.runs import models
from realsyn_tasks.runs.choices import Choices, common
from realsyn_tasks.runs.form import (
    Wanted,
    check_crawl,
    checked_models,
    checked_root,
    checked_scales,
)
from realsyn_tasks.runs.models import models_in_words
from realsyn_tasks.runs.opening import build_configs, name_of_extract
from realsyn_tasks.runs.places import named_generations, require_generations
from realsyn_tasks.runs.targets import Outlook, outlook, scales_of


class BuildForm(Frozen):
    """What somebody asks of a build, as the fields of the form say it."""

    root: str
    scale: str = ""
    name: str = ""
    generations: str = ""  # 1-3,7; none; empty: all there are
    crawl: str = ""  # to be extracted first
    format: str = ""
    choices: Choices = Choices()
    allow_smaller: bool = False


class Pins(Frozen):
    """What a build is made of."""

    generations: tuple[int, ...]  # that are there
    extract: str = ""  # of the form's crawl, whose generation is among them or will be added
    adds: bool = False  # it will be
    scales: tuple[Outlook, ...] = ()
    models: dict[str, dict[str, str]] = Field(default_factory=dict)

    @property
    def warnings(self) -> list[str]:
        """Say what is unlikely to come out as it was asked for."""
        return [warning for each in self.scales if (warning := each.warning())]

    def in_words(self) -> str:
        """Say for people what the build is made of."""
        some = "generation" if len(self.generations) == 1 else "generations"
        known = f"{some} {as_ranges(self.generations)}" if self.generations else ""
        coming = f"the generation of the crawl {self.extract}" if self.adds else ""
        return " and ".join(part for part in (known, coming) if part)

    def record(self) -> dict[str, Any]:
        """Give it as JSON, with its words."""
        said = {"words": self.in_words(), "warnings": self.warnings}
        return {**self.model_dump(mode="json"), **said}


def pin(form: BuildForm, problems: Problems) -> Pins:
    """Settle what a build is made of.

    Raises ConfigError for all that is wrong with the form, and for what is noted as `problems`.
    """
    storage = checked_root(form.root, BUILD, form.choices.follow, problems)
    if storage:
        form = form.model_copy(update={"choices": form.choices.beside(storage)})
    if form.crawl:
        check_crawl(form.crawl, form.format, problems)
    extract = name_of_extract(form.crawl) if form.crawl else ""
    wanted = checked_scales(
        scales_of(form.scale), form.name, form.choices, form.allow_smaller, problems
    )
    kinds = (EXTRACT, BUILD, ANALYSIS) if form.crawl else (BUILD, ANALYSIS)
    own = checked_models(form.choices, kinds, problems)
    chosen = _chosen(storage, form, extract, problems) if storage else []
    problems.raise_if_any()
    assert storage is not None
    with problems.noted():
        _require_models_of_corpus(storage, form, chosen, own)
    adds = bool(extract) and extract not in {generation.extract for generation in chosen}
    with problems.noted():
        scales = _outlooks(storage, wanted, chosen, own, adds)
    problems.raise_if_any()
    numbers = tuple(generation.generation for generation in chosen)
    return Pins(
        generations=numbers, extract=extract, adds=adds, scales=scales, models=models_in_words(own)
    )


def _chosen(
    storage: Storage, form: BuildForm, extract: str, problems: Problems
) -> list[Generation]:
    """Give the generations there are that the form means, and note those that are missing."""
    with problems.noted():
        known = generations(storage)
        numbers = named_generations(known, form.generations, form.root, extract)
        if not (numbers or extract):
            require_generations([g.generation for g in known], numbers, form.root)
            raise ConfigError("generations: none are named, and no crawl to extract; name either")
        return [generation for generation in known if generation.generation in numbers]
    return []


def _require_models_of_corpus(
    storage: Storage, form: BuildForm, chosen: list[Generation], own: dict[str, ResolvedModel]
) -> None:
    """Refuse models and settings that go together neither with the corpus nor with each other.

    A crawl is held against all of the corpus, for near-duplicates.
    """
    every = generations(storage) if form.crawl else chosen
    models.require_encoder_of(every, own[models.ENCODER])
    if form.crawl:
        common(form.choices, EXTRACT, {}, own)


def _outlooks(
    storage: Storage,
    wanted: list[Wanted],
    chosen: list[Generation],
    own: dict[str, ResolvedModel],
    adds: bool,
) -> tuple[Outlook, ...]:
    """Compare each scale with the corpus, and see that the builds can be configured."""
    references = CorpusRef.of(chosen).generations
    coming = (_coming(references),) if adds else ()
    takedown = pinned_takedown(storage, chosen)
    corpus = CorpusRef(generations=references + coming, takedown=takedown)
    configs = build_configs(storage, wanted, corpus, own)
    outlooks = tuple(outlook(storage, config, growing=adds) for config in configs)
    problems = Problems()
    for each in outlooks:
        with problems.noted():
            each.require_possible()
    problems.raise_if_any()
    return outlooks


def _coming(known: tuple[GenerationRef, ...]) -> GenerationRef:
    """Stand in for the generation that the build's crawl is to become."""
    number = known[-1].generation + 1 if known else 1
    return GenerationRef(generation=number, digest="", shards=0, images=0, sentences=0)
