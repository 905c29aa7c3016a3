"""Which earlier run a new one follows: whose fit it keeps, and whose shards it need not redo.

By default a build follows the promoted build over the longest beginning of the same corpus that was
made with the same encoder, seed and settings of the retrieval: it keeps its lists, and what
relevance is estimated by where all that it is estimated from is alike. An extract
follows that of the newest generation with the same encoder, seed and settings of neighbourhoods: it
keeps its pivots. A run that was opened before stays with the one that it was opened with, as long
as its corpus is the same. A build beside which another one over all of the same corpus has its
lists keeps those, whatever they grew from: then it can adopt all that was matched in them. So does
a build whose corpus has lost something to a takedown since it, or the one beside it, was opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import PurePosixPath

from realsyn_tasks.core.closed import suggestion
from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.declaration import Fit, Kind
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import GenerationRef, generations
from realsyn_tasks.corpus.pinned import RemovedRows, corpus_of
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.runs.donors import opened, others_of
from realsyn_tasks.stages import PIPELINE

LATEST, NONE = "latest", "none"


def fit_of_kind(kind: str) -> Fit:
    """Give the fit that a run of a kind may keep of an earlier one."""
    return next(group.fit for group in PIPELINE.groups_of(kind) if group.fit)


def followed(
    storage: Storage, config: RunConfig, wanted: str = LATEST, beside: RunConfig | None = None
) -> RunConfig:
    """Give the configuration with the run to follow, named or found, filled in.

    `beside` is a build of the same choices at another scale: what it follows, this one follows.
    Raises ConfigError where a named run cannot be followed.
    """
    if wanted == NONE:
        return config
    if wanted == LATEST or beside:
        before = beside or _opened_before(storage, config) or _beside(storage, config)
        if before:
            return _keeping(storage, before, config)
    candidates = _candidates(storage, config)
    if wanted == LATEST and config.kind == EXTRACT.name:
        candidates = islice(candidates, 1)  # the newest; there is one for each night
    run_by_name = {run.config.name: run for run in candidates}
    if wanted != LATEST and wanted not in run_by_name:
        raise ConfigError(
            f"follow: {config.kind} {wanted!r} cannot be followed:"
            f" {fit_of_kind(config.kind).words}; choose {LATEST}, {NONE}, or one of these:"
            f" {', '.join(sorted(run_by_name)) or '(there are none)'}"
        )
    names = (
        [wanted] if wanted != LATEST else sorted(run_by_name, key=lambda n: _rank(run_by_name[n]))
    )
    if not names:
        return config
    run = run_by_name[names[-1]]
    return _with(config, names[-1], _same(run.config, config, partial(_fit_of, run)))


def require_run(storage: Storage, kind: Kind, wanted: str) -> None:
    """Raise ConfigError if there is no run of the name that is to be followed."""
    if wanted in (LATEST, NONE):
        return
    names = [PurePosixPath(folder).name for folder in storage.folders(kind.folder)]
    if wanted not in names:
        raise ConfigError(
            f"follow: there is no {kind.name} {wanted!r} below {storage.uri}:"
            f" {suggestion(wanted, [*names, LATEST, NONE])}"
        )


def _keeping(storage: Storage, before: RunConfig, config: RunConfig) -> RunConfig:
    """Keep what a run over the same generations keeps, or what it has fitted itself.

    The latter where more is taken down now: it was some items of those that a fit was made to, and
    a fit only says where to look. Whether it still serves is measured anew.
    """
    run, fit = opened(storage, before.kind, before.name), fit_of_kind(config.kind)
    if run and _hidden(before) != _hidden(config):
        own = _fit_as_asked(run, fit)
        if own and own != _frozen(before, fit):
            return _with(config, before.name, _same(before, config, partial(_fit_as_asked, run)))
    return _with(config, before.earlier, _same(before, config, partial(_frozen, before)))


def _hidden(config: RunConfig) -> list[tuple[int, tuple[RemovedRows, ...]]]:
    takedown = corpus_of(config.sources).takedown
    return [(gone.generation, gone.shards) for gone in takedown.removed] if takedown else []


def _fit_as_asked(run: Workspace, fit: Fit) -> str:
    """Digest what a run has fitted by the settings that it has now; empty where it has not."""
    stage = PIPELINE.stage(fit.stage)
    commit = run.ledger(fit.stage).find(0)
    asked = commit and Planner(run).fingerprints.of_inputs(stage, commit.inputs)
    return commit.digest if commit and commit.fingerprint == asked else ""


def _opened_before(storage: Storage, config: RunConfig) -> RunConfig | None:
    run = opened(storage, config.kind, config.name)
    if run is None or _corpus(run.config) != _corpus(config) or not _alike(run.config, config):
        return None
    return run.config if config.kind != EXTRACT.name or _can_go_on(run) else None


def _beside(storage: Storage, config: RunConfig) -> RunConfig | None:
    """Give a build over just this corpus that would fit the same, and has done so."""
    if config.kind == EXTRACT.name:
        return None
    fit = fit_of_kind(config.kind)
    others = (run for run in others_of(storage, config) if _corpus(run.config) == _corpus(config))
    fitted = [run for run in others if _alike(run.config, config) and _fit_of(run, fit)]
    return min(fitted, key=lambda run: not _is_promoted(run)).config if fitted else None


def _can_go_on(extract: Workspace) -> bool:
    """Say whether an extract has its pivots, or those that it is to keep are there."""
    fit = fit_of_kind(EXTRACT.name)
    frozen = _frozen(extract.config, fit)
    if not frozen or _fit_of(extract, fit):
        return True
    return extract.earlier is not None and _fit_of(extract.earlier, fit) == frozen


def _candidates(storage: Storage, config: RunConfig) -> Iterator[Workspace]:
    fit = fit_of_kind(config.kind)
    for run in _others(storage, config):
        if _leads_to(run.config, config) and _is_promoted(run) and _fit_of(run, fit):
            yield run


def _others(storage: Storage, config: RunConfig) -> Iterator[Workspace]:
    """Open the other builds there are, or extracts that became generations, newest first."""
    if config.kind != EXTRACT.name:
        yield from others_of(storage, config)
        return
    names = [generation.extract for generation in reversed(generations(storage))]
    runs = (opened(storage, config.kind, name) for name in names if name != config.name)
    yield from (run for run in runs if run)


def _leads_to(before: RunConfig, config: RunConfig) -> bool:
    earlier, mine = _corpus(before), _corpus(config)
    count = len(earlier)
    beginning = count < len(mine) and earlier == mine[:count]
    return beginning and (count > 0 or config.kind == EXTRACT.name) and _alike(before, config)


def _corpus(config: RunConfig) -> tuple[GenerationRef, ...]:
    return corpus_of(config.sources).generations


def _alike(before: RunConfig, config: RunConfig) -> bool:
    """Say whether two runs would fit the same to the same corpus."""
    return (
        before.kind == config.kind
        and before.seed == config.seed
        and before.models["encoder"].identity == config.models["encoder"].identity
        and _settings_alike(before, config, fit_of_kind(config.kind))
    )


def _settings_alike(before: RunConfig, config: RunConfig, fit: Fit) -> bool:
    return all(_settings(before, name) == _settings(config, name) for name in fit.decided_by)


def _same(before: RunConfig, config: RunConfig, digest_of: Callable[[Fit], str]) -> dict[str, str]:
    """Give the fit of an earlier run, and those beside it that would be the same here, by stage."""
    fit = fit_of_kind(config.kind)
    alike = [also for also in fit.also if _beside_alike(before, config, also)]
    return {each.stage: digest_of(each) for each in (fit, *alike)}


def _beside_alike(before: RunConfig, config: RunConfig, fit: Fit) -> bool:
    stages = [PIPELINE.stage(name) for name in fit.decided_by]
    models = all(before.identities_of(each) == config.identities_of(each) for each in stages)
    return models and _settings_alike(before, config, fit)


def _settings(config: RunConfig, stage: str) -> dict[str, object]:
    return {name: value for name, value in config.stages.get(stage, {}).items() if name != "frozen"}


def _is_promoted(run: Workspace) -> bool:
    group = next(group for group in run.groups if group.fit)
    promoted = group.fit is not None and group.fit.promoted
    return not promoted or run.promotion(group.name) is not None


def _fit_of(run: Workspace, fit: Fit) -> str:
    """Digest what a run has fitted; empty where it has not."""
    commit = run.ledger(fit.stage).find(0)
    return commit.digest if commit else ""


def _frozen(config: RunConfig, fit: Fit) -> str:
    """Give the digest of the fit that a run was to keep; empty where it was to keep none."""
    return str(config.stages.get(fit.stage, {}).get("frozen", ""))


def _rank(run: Workspace) -> tuple[int, str]:
    return len(_corpus(run.config)), run.config.name


def _with(config: RunConfig, name: str, digest_by_stage: Mapping[str, str]) -> RunConfig:
    kept = {
        stage: {**config.stages[stage], "frozen": fit} for stage, fit in digest_by_stage.items()
    }
    return config.model_copy(update={"earlier": name, "stages": {**config.stages, **kept}})
