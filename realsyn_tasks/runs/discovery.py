"""Finds work under a root: runs that are not finished. New crawls are found by `arrivals`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from realsyn_tasks.core.config import CONFIG_NAME
from realsyn_tasks.core.declaration import Pipeline
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.pinned import pinned_generations
from realsyn_tasks.kinds import EXTRACT


def due(runs: Iterable[Workspace], group: str, pipeline: Pipeline) -> list[Workspace]:
    """Give those of some runs whose turn it is to do a stage group (again).

    Those are the runs in which a shard of the group is missing, failed, stale or damaged, or its
    output has changed since it was promoted, while all groups before are done.
    """
    names = pipeline.group_names
    if group not in names:
        raise ConfigError(f"no stage group is called {group!r}; there are: {', '.join(names)}")
    return [run for run in runs if is_due(run, group)]


def is_due(run: Workspace, group: str) -> bool:
    """Say whether it is a run's turn to do a stage group; never of a group that it lacks."""
    own = [each.name for each in run.groups if run.stages(each.name)]
    if group not in own:
        return False
    planner = Planner(run)
    before = own[: own.index(group)]
    return all(_is_done(run, planner, g) for g in before) and not _is_done(run, planner, group)


def extracts_of(run: Workspace) -> Iterator[Workspace]:
    """Open the extracts that the corpus of a build was made by, where they are still there."""
    if run.config.kind == EXTRACT.name:
        return
    for generation in pinned_generations(run.storage, run.config.sources):
        folder = f"{EXTRACT.folder}/{generation.extract}"
        if run.storage.exists(f"{folder}/{CONFIG_NAME}"):
            yield Workspace.open(f"{run.storage.uri}/{folder}", run.pipeline)


def _is_done(run: Workspace, planner: Planner, group: str) -> bool:
    """Say whether what is promoted of a group is what its complete ledgers hold now."""
    promotion = run.promotion(group)
    statuses = [planner.status(stage) for stage in run.stages(group)]
    return promotion is not None and all(
        status.complete and promotion.stages.get(status.stage.name) == status.digest
        for status in statuses
    )
