"""The extracts that the corpus of a build was made by: their settings, filters and models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from realsyn_tasks.core.config import ResolvedModel
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.pinned import pinned_generations
from realsyn_tasks.models import stored
from realsyn_tasks.models.cards import Card, cards
from realsyn_tasks.report.filters import Filter, filters_of, public
from realsyn_tasks.runs.discovery import extracts_of

Settings = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Extracted:
    """Generations that were extracted alike; without filters and settings where that is gone."""

    generations: tuple[int, ...]
    crawls: tuple[str, ...]
    filters: list[Filter] = field(default_factory=list)
    settings: Settings = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Say whether the extracts' configurations are still there."""
        return bool(self.settings)


def extracted(build: Workspace) -> list[Extracted]:
    """Give the generations of a build by how they were extracted, in order."""
    runs = {run.config.name: run for run in extracts_of(build)}
    alike: list[Extracted] = []
    for generation in pinned_generations(build.storage, build.config.sources):
        run = runs.get(generation.extract)
        mine = run is not None and run.config.digest() == generation.config_digest
        new = Extracted((generation.generation,), (generation.crawl,), *_of(run if mine else None))
        same = next((n for n, old in enumerate(alike) if _alike(old, new)), None)
        if same is None:
            alike.append(new)
        else:
            alike[same] = _both(alike[same], new)
    return alike


def _of(run: Workspace | None) -> tuple[list[Filter], Settings]:
    return (filters_of(run), settings_of(run)) if run else ([], {})


def _alike(a: Extracted, b: Extracted) -> bool:
    return (a.filters, a.settings) == (b.filters, b.settings)


def _both(a: Extracted, b: Extracted) -> Extracted:
    return Extracted(a.generations + b.generations, a.crawls + b.crawls, a.filters, a.settings)


def settings_of(run: Workspace) -> Settings:
    """Give the settings of the stages that a run has switched on, without places of files."""
    stages = sorted(run.config.stages.items())
    return {name: public(values) for name, values in stages if values and run.runs(name)}


@dataclass(frozen=True)
class ModelFacts:
    """A model that had a part in a dataset, and what its card says of it."""

    kind: str
    identity: str
    licence: str = ""
    source: str = ""


def models_of(build: Workspace, identities: dict[str, str]) -> list[ModelFacts]:
    """Look up the cards of models, by kind and identity, in what the runs were opened with."""
    known = {**stored.cards_in(build.storage), **cards()}
    resolved = [
        (kind, model)
        for run in (*extracts_of(build), build)
        for kind, model in run.config.models.items()
    ]
    return [_model(*item, resolved, known) for item in identities.items()]


def _model(
    kind: str, identity: str, resolved: list[tuple[str, ResolvedModel]], known: dict[str, Card]
) -> ModelFacts:
    names = [m.card for k, m in resolved if (k, m.identity) == (kind, identity) and m.card in known]
    if not names:
        return ModelFacts(kind, identity)
    card = known[names[0]]
    return ModelFacts(kind, identity, card.licence, card.source)
