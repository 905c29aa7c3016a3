"""What a run is pinned to and set to: corpus or crawl, takedowns, models, and settings."""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.report.filters import public
from realsyn_tasks.runs.models import models_in_words
from realsyn_tasks.runs.preset import DEFAULT
from realsyn_tasks.runs.targets import outlook

Record = dict[str, Any]


def pins(run: Workspace) -> Record:
    """Give what a run is pinned to, as JSON."""
    config = run.config
    corpus = corpus_of(config.sources)
    made_of = {reference.generation for reference in corpus.generations}
    every = generations(run.storage)
    return {
        "generations": [_generation(each) for each in every if each.generation in made_of],
        "left_out": [_generation(each) for each in every if each.generation not in made_of]
        if config.kind == BUILD.name
        else [],
        "takedown": corpus.takedown.number if corpus.takedown else None,
        "crawl": _crawl(run),
        "models": models_in_words(config.models),
        "preset": config.preset or DEFAULT,
        "profile": config.profile,
        "seed": config.seed,
        "scale": config.scale,
        "target": config.target,
        "allow_smaller": config.allow_smaller,
        "outlook": _outlook(run),
        "follows": config.earlier,
        "donors": list(config.donors),
        "device": config.device,
        "partitions": config.partitions,
        "off": list(config.off),
        "config_digest": config.digest(),
        "settings": changed_settings(run),
    }


def _outlook(run: Workspace) -> Record | None:
    """Give how many pairs are to be expected of a build, and by what; None of other runs."""
    if run.config.kind != BUILD.name:
        return None
    seen = outlook(run.storage, run.config)
    return {**seen.model_dump(include={"images", "expected", "told_by"}), "warning": seen.warning()}


def _generation(generation: Generation) -> Record:
    reference = generation.reference()
    return {
        **reference.model_dump(),
        "crawl": generation.crawl,
        "extract": generation.extract,
    }


def _crawl(run: Workspace) -> Record | None:
    crawl = crawl_of(run.config.sources)
    if crawl is None:
        return None
    size = sum(file.size for file in crawl.files)
    facts = {"name": crawl.name, "uri": crawl.uri, "format": crawl.format}
    return {**facts, "files": len(crawl.files), "bytes": size, "shards": len(crawl.shards)}


def changed_settings(run: Workspace) -> list[Record]:
    """List the settings of a run's stages that are not what the stages do by themselves."""
    rows: list[Record] = []
    for stage in run.stages():
        given = run.config.stages.get(stage.name, {})
        defaults = stage.config_class()().model_dump(mode="json") if given else {}
        rows += [
            {
                "stage": stage.name,
                "setting": name,
                "value": public(value),
                "default": public(defaults.get(name)),
            }
            for name, value in sorted(given.items())
            if public(value) != public(defaults.get(name))
        ]
    return rows
