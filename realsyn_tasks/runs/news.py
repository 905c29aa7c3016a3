"""What the corpus has that the last published versions of a scale were not made from.

A scale may have two datasets: its own, and one under it, of what a smaller corpus gave. What either
was made from is not new.
"""

from __future__ import annotations

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.names import slug
from realsyn_tasks.core.screen import stream
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.datasets import versions
from realsyn_tasks.datasets.manifest import DATASETS, LATEST, name_of
from realsyn_tasks.runs.targets import target_of


class News(Frozen):
    """Generations and images since a version, and the name of a build of them all."""

    scale: str
    version: str  # URI; empty: none is published
    generations: tuple[int, ...]
    images: int
    name: str


def news(root: str, scale: str) -> News:
    """Count what is new since the last version of a scale, or of the dataset under it.

    The build is named by scale and newest generation, so that asked twice it is one build. Raises
    ConfigError for a scale that there is none of, DamagedDataset if the version cannot be read.
    """
    target_of(scale)
    storage = Storage.at(root)
    known = generations(storage)
    published = _published(storage, scale)
    used = {ref.digest for version in published for ref in version.manifest.generations}
    fresh = [generation for generation in known if generation.digest not in used]
    return News(
        scale=scale,
        version=max(published, key=_newest).uri if published else "",
        generations=tuple(generation.generation for generation in fresh),
        images=sum(generation.reference().images for generation in fresh),
        name=_name(scale, known),
    )


def show(told: News) -> None:
    """Tell people what is new."""
    since = f"since {told.version}" if told.version else "and no version yet"
    crawls = len(told.generations)
    print(f"{told.scale}: {told.images} new images of {crawls} crawls, {since}", file=stream())


def _published(storage: Storage, scale: str) -> list[versions.Version]:
    """Give the last version of the scale's own dataset, and of the one under it."""
    names = [f"{DATASETS}/{name_of(scale, under)}" for under in (False, True)]
    return [versions.latest(storage, at) for at in names if storage.exists(f"{at}/{LATEST}")]


def _newest(version: versions.Version) -> int:
    return max((ref.generation for ref in version.manifest.generations), default=0)


def _name(scale: str, known: list[Generation]) -> str:
    newest = max((generation.generation for generation in known), default=0)
    return f"{slug(scale)}-gen-{newest:04d}"
