"""Which other runs a new one may adopt from: those over the same corpus, or the same beginning.

Shards of the corpus are numbered generation by generation, so builds that begin with the same one
have the same shards there; whether they were made alike is for the fingerprints to tell
(core.reuse). Runs that are pinned to something else may have shards in common all the same, as
evaluations have evaluation sets. Few are named, for each is asked for every shard that none before
it has.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import PurePosixPath

from realsyn_tasks.core import reuse
from realsyn_tasks.core.config import CONFIG_NAME, RunConfig
from realsyn_tasks.core.records import DamagedRecord
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.stages import PIPELINE

MOST = 4


def donors_of(storage: Storage, config: RunConfig, first: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Name the builds that have most in common with a new one, `first` before all others.

    Those over more of the same generations come first, then those with more stages of the same
    settings, then by name.
    """
    others = [run.config for run in others_of(storage, config)]
    ranked = sorted(
        (other for other in others if _alike(other, config) and _common(other, config)),
        key=lambda other: (-_common(other, config), -_alike(other, config), other.name),
    )
    return tuple(dict.fromkeys([*first, *(other.name for other in ranked)]))[:MOST]


def most_alike(storage: Storage, config: RunConfig) -> tuple[str, ...]:
    """Name the runs of the kind that do most stages by the same settings, whatever of.

    Of those that do as many, the ones that are pinned to the same come first, then it goes by name.
    """
    others = [run.config for run in others_of(storage, config)]
    ranked = sorted(
        (other for other in others if _alike(other, config)),
        key=lambda other: (-_alike(other, config), other.sources != config.sources, other.name),
    )
    return tuple(other.name for other in ranked[:MOST])


def others_of(storage: Storage, config: RunConfig) -> Iterator[Workspace]:
    """Open the other runs of the kind, in order of their names, as far as they can be read."""
    for folder in storage.folders(PIPELINE.kind(config.kind).folder):
        name = PurePosixPath(folder).name
        run = opened(storage, config.kind, name) if name != config.name else None
        if run:
            yield run


def opened(storage: Storage, kind: str, name: str) -> Workspace | None:
    """Open a run by name; None if there is none, or its configuration is damaged."""
    folder = f"{PIPELINE.kind(kind).folder}/{name}"
    if not storage.exists(f"{folder}/{CONFIG_NAME}"):
        return None
    try:
        return Workspace.open(f"{storage.uri}/{folder}", PIPELINE)
    except DamagedRecord as damage:  # nothing can be had of it, and opening it again mends it
        print(f"warning: {damage}", file=sys.stderr, flush=True)
        return None


def _common(other: RunConfig, config: RunConfig) -> int:
    """Count the generations that two runs begin with alike."""
    pairs = zip(
        corpus_of(other.sources).generations, corpus_of(config.sources).generations, strict=False
    )
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def _alike(other: RunConfig, config: RunConfig) -> int:
    """Count the stages of which two runs have the same settings."""
    stages = [stage for group in PIPELINE.groups_of(config.kind) for stage in group.stages]
    return sum(config.enabled(stage) and reuse.alike(other, config, stage) for stage in stages)
