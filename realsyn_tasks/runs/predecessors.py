"""Which earlier run a new one follows: whose fit it keeps, and whose shards it need not redo.

By default a build follows the promoted build over the longest beginning of the same corpus that was
made with the same encoder, seed and settings of the retrieval: it keeps its lists. An extract
follows that of the newest generation with the same encoder, seed and settings of neighbourhoods: it
keeps its pivots. A run that was opened before stays with the one that it was opened with, as long
as its corpus is the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice

from realsyn_tasks.core.config import CONFIG_NAME, RunConfig
from realsyn_tasks.core.declaration import Fit
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.records import DamagedRecord
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import GenerationRef, generations
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.stages import PIPELINE

LATEST, NONE = "latest", "none"


def fit_of_kind(kind: str) -> Fit:
    """Give the fit that a run of a kind may keep of an earlier one."""
    return next(group.fit for group in PIPELINE.groups_of(kind) if group.fit)


def followed(storage: Storage, config: RunConfig, wanted: str = LATEST) -> RunConfig:
    """Give the configuration with the run to follow, named or found, filled in.

    Raises ConfigError where a named run cannot be followed.
    """
    if wanted == NONE:
        return config
    before = _opened_before(storage, config)
    if wanted == LATEST and before:
        return _with(
            config, before.earlier, before.stages[fit_of_kind(config.kind).stage].get("frozen", "")
        )
    candidates = _candidates(storage, config)
    if wanted == LATEST and config.kind == EXTRACT.name:
        candidates = islice(candidates, 1)  # the newest; there is one for each night
    found = {run.config.name: run for run in candidates}
    if wanted != LATEST and wanted not in found:
        raise ConfigError(
            f"{config.kind} {wanted!r} cannot be followed: {fit_of_kind(config.kind).words};"
            f" there are: {', '.join(sorted(found)) or 'none'}"
        )
    names = [wanted] if wanted != LATEST else sorted(found, key=lambda n: _rank(found[n]))
    return _with(config, names[-1], _fit_of(found[names[-1]])) if names else config


def _opened_before(storage: Storage, config: RunConfig) -> RunConfig | None:
    run = _run(storage, config.kind, config.name)
    if run is None or _corpus(run.config) != _corpus(config) or not _alike(run.config, config):
        return None
    return run.config if config.kind != EXTRACT.name or _can_go_on(run) else None


def _can_go_on(extract: Workspace) -> bool:
    """Say whether an extract has its pivots, or those that it is to keep are there."""
    frozen = extract.config.stages[fit_of_kind(EXTRACT.name).stage].get("frozen", "")
    if not frozen or _fit_of(extract):
        return True
    return extract.earlier is not None and _fit_of(extract.earlier) == frozen


def _run(storage: Storage, kind: str, name: str) -> Workspace | None:
    folder = f"{PIPELINE.kind(kind).folder}/{name}"
    if not storage.exists(f"{folder}/{CONFIG_NAME}"):
        return None
    try:
        return Workspace.open(f"{storage.uri}/{folder}", PIPELINE)
    except DamagedRecord as damage:  # nobody can follow it, and opening it again mends it
        print(f"warning: {damage}", file=sys.stderr, flush=True)
        return None


def _candidates(storage: Storage, config: RunConfig) -> Iterator[Workspace]:
    for name in _names(storage, config.kind):
        run = _run(storage, config.kind, name) if name != config.name else None
        if run and _leads_to(run.config, config) and _is_promoted(run) and _fit_of(run):
            yield run


def _names(storage: Storage, kind: str) -> list[str]:
    """Name the builds there are, or the extracts that became generations, newest first."""
    if kind == EXTRACT.name:
        return [generation.extract for generation in reversed(generations(storage))]
    folders = storage.folders(PIPELINE.kind(kind).folder)
    return [folder.rstrip("/").rsplit("/", 1)[-1] for folder in folders]


def _leads_to(before: RunConfig, config: RunConfig) -> bool:
    earlier, mine = _corpus(before), _corpus(config)
    count = len(earlier)
    beginning = count < len(mine) and earlier == mine[:count]
    return beginning and (count > 0 or config.kind == EXTRACT.name) and _alike(before, config)


def _corpus(config: RunConfig) -> tuple[GenerationRef, ...]:
    return corpus_of(config.sources).generations


def _alike(before: RunConfig, config: RunConfig) -> bool:
    """Say whether two runs would fit the same to the same corpus."""
    decided_by = fit_of_kind(config.kind).decided_by
    return (
        before.kind == config.kind
        and before.seed == config.seed
        and before.models["encoder"].identity == config.models["encoder"].identity
        and all(_settings(before, name) == _settings(config, name) for name in decided_by)
    )


def _settings(config: RunConfig, stage: str) -> dict[str, object]:
    return {name: value for name, value in config.stages.get(stage, {}).items() if name != "frozen"}


def _is_promoted(run: Workspace) -> bool:
    group = next(group for group in run.groups if group.fit)
    promoted = group.fit is not None and group.fit.promoted
    return not promoted or run.promotion(group.name) is not None


def _fit_of(run: Workspace) -> str:
    """Digest the lists or pivots that a run has; empty where it has none."""
    commit = run.ledger(fit_of_kind(run.config.kind).stage).find(0)
    return commit.digest if commit else ""


def _rank(run: Workspace) -> tuple[int, str]:
    return len(_corpus(run.config)), run.config.name


def _with(config: RunConfig, name: str, fit: str) -> RunConfig:
    stage = fit_of_kind(config.kind).stage
    stages = {**config.stages, stage: {**config.stages[stage], "frozen": fit}}
    return config.model_copy(update={"earlier": name, "stages": stages})
