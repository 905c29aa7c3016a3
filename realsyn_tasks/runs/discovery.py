"""Finds work under a root: runs that are not finished. New crawls are found by `arrivals`."""

from __future__ import annotations

from collections.abc import Iterator

from realsyn_tasks.core.config import CONFIG_NAME
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.corpus.pinned import pinned_generations
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.stages import PIPELINE


def unfinished(root: str, group: str, build: str = "") -> list[str]:
    """Give the URIs of the runs whose turn it is to do a stage group (again).

    Those are the runs in which a shard of the group is missing, failed, stale or damaged, or its
    output has changed since it was promoted, while all groups before are done. A promoted extract
    is never unfinished: its generation does not change any more.
    """
    if group not in PIPELINE.group_names:
        known = ", ".join(PIPELINE.group_names)
        raise ConfigError(f"no stage group is called {group!r}; there are: {known}")
    storage = Storage.at(root)
    kind = PIPELINE.group(group).kind
    runs = [build] if build else [f"{storage.uri}/{path}" for path in _runs(storage, kind.folder)]
    opened = (Workspace.open(uri, PIPELINE) for uri in runs)
    promoted = generations(storage) if kind == EXTRACT else []
    return [run.uri for run in opened if _is_due(run, group, promoted)]


def runs_under(root: str, build: str = "") -> list[Workspace]:
    """Open one run, or all under a root but for extracts that are in the corpus already."""
    if build:
        return [Workspace.open(build, PIPELINE)]
    storage = Storage.at(root)
    promoted = {f"{EXTRACT.folder}/{generation.extract}" for generation in generations(storage)}
    paths = [path for kind in PIPELINE.kinds for path in _runs(storage, kind.folder)]
    uris = [f"{storage.uri}/{path}" for path in paths if path not in promoted]
    return [Workspace.open(uri, PIPELINE) for uri in uris]


def extracts_of(run: Workspace) -> Iterator[Workspace]:
    """Open the extracts that the corpus of a build was made by, where they are still there."""
    if run.config.kind == EXTRACT.name:
        return
    for generation in pinned_generations(run.storage, run.config.sources):
        folder = f"{EXTRACT.folder}/{generation.extract}"
        if run.storage.exists(f"{folder}/{CONFIG_NAME}"):
            yield Workspace.open(f"{run.storage.uri}/{folder}", run.pipeline)


def _runs(storage: Storage, folder: str) -> Iterator[str]:
    for path in storage.folders(folder):
        if storage.exists(f"{path}/{CONFIG_NAME}"):
            yield path


def _is_due(run: Workspace, group: str, promoted: list[Generation]) -> bool:
    if run.config.kind != PIPELINE.group(group).kind.name:
        return False
    if any(generation.extract == run.config.name for generation in promoted):
        return False
    planner = Planner(run)
    own = [each.name for each in run.groups if run.stages(each.name)]
    before = own[: own.index(group)]
    return all(_is_done(run, planner, g) for g in before) and not _is_done(run, planner, group)


def _is_done(run: Workspace, planner: Planner, group: str) -> bool:
    """Say whether what is promoted of a group is what its complete ledgers hold now."""
    promotion = run.promotion(group)
    statuses = [planner.status(stage) for stage in run.stages(group)]
    return promotion is not None and all(
        status.complete and promotion.stages.get(status.stage.name) == status.digest
        for status in statuses
    )
