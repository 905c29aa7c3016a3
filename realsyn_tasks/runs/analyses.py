"""Opens analyses: of one published version, with the models that its build had.

Where its build is still there, and holds what it published, an analysis reads there what was left
out of the version; else it goes without that, and the models are those that are named, which must
be the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from realsyn_tasks.core.config import CONFIG_NAME, ResolvedModel, RunConfig
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.names import safe_name
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets import versions
from realsyn_tasks.datasets.manifest import DATASETS
from realsyn_tasks.datasets.pinned import RunRef, VersionRef
from realsyn_tasks.datasets.publication import publications, published
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.kinds import ANALYSIS, BUILD, VERSION
from realsyn_tasks.runs.choices import Choices, common, models_of, stages_of
from realsyn_tasks.runs.discovery import extracts_of
from realsyn_tasks.runs.donors import opened, others_of
from realsyn_tasks.runs.form import check_settings, checked_name
from realsyn_tasks.runs.opening import created
from realsyn_tasks.runs.places import writable
from realsyn_tasks.runs.predecessors import LATEST, NONE
from realsyn_tasks.stages import PIPELINE


def open_analysis(
    uri: str, name: str, choices: Choices, problems: Problems | None = None
) -> Workspace:
    """Open the analysis of a version: by its URI, its dataset's (the latest), or its build's.

    ConfigError where nothing is published there, or the models are not those it was made with; for
    all that is wrong, with what is noted as `problems` already.
    """
    problems = Problems() if problems is None else problems
    version = _checked(uri, name, choices, problems)
    problems.raise_if_any()
    assert version is not None
    choices = choices.beside(version.storage)
    build = build_of(version)
    reference = VersionRef.of(version, _runs(build) if build else ())
    pins = {VERSION.name: reference.pinned()}
    if build:
        choices = choices.model_copy(update={"profile": build.config.profile or choices.profile})
    config = RunConfig(
        kind=ANALYSIS.name,
        name=safe_name(name, "name") if name else name_of(version),
        scale=version.manifest.scale,
        axes={VERSION.axis: reference.shards},
        **common(choices, ANALYSIS, pins, _models(version, build, choices)),
    )
    earlier = None if choices.follow == NONE else _earlier(version.storage, config)
    return created(version.storage, _with_map_of(earlier, config) if earlier else config)


def _checked(uri: str, name: str, choices: Choices, problems: Problems) -> Version | None:
    """Give the version that is to be analysed, and note what is wrong with the form."""
    checked_name(name, problems)
    check_settings(choices, ANALYSIS, problems)
    with problems.noted():
        if choices.models:
            models_of(choices, _kinds())
    with problems.noted():
        if choices.follow not in (LATEST, NONE):
            raise ConfigError(f"follow: {choices.follow!r} cannot be followed: {LATEST} or {NONE}")
    with problems.noted():
        if not uri:
            raise ConfigError("version: none is named; give the URI of a version or of a build")
        version = version_at(uri)
        writable(version.storage.uri)
        return version
    return None


def version_at(uri: str) -> Version:
    """Give the version that a URI means: itself, a dataset's latest, or what a build published."""
    if f"/{BUILD.folder}/" in uri:
        run = Workspace.open(uri, PIPELINE)
        note = published(run)
        if note is None:
            raise ConfigError(f"build {uri} has published nothing: there is nothing to analyse")
        return Version(run.storage, note.path)
    named = versions.at(uri)
    whole_dataset = "/" not in uri.rstrip("/").rpartition(f"/{DATASETS}/")[2]
    version = versions.latest(named[0].storage, named[0].dataset) if whole_dataset else named[0]
    if not version.exists:
        raise ConfigError(f"{version.uri} was never published: there is nothing to analyse")
    return version


def name_of(version: Version) -> str:
    """Name the analysis of a version that nobody has named."""
    return f"{version.manifest.name}-{version.name}"


def build_of(version: Version) -> Workspace | None:
    """Open the build that a version came from; None if it is gone, or has gone on since."""
    for folder, note in sorted(publications(version.storage).items()):
        if note.path == version.path and version.storage.exists(f"{folder}/{CONFIG_NAME}"):
            run = Workspace.open(f"{version.storage.uri}/{folder}", PIPELINE)
            if run.config.digest() == version.manifest.config_digest:
                return run
    return None


def _runs(build: Workspace) -> tuple[RunRef, ...]:
    """Refer to a build and to the extracts of its corpus."""
    runs = [*extracts_of(build), build]
    return tuple(
        RunRef.of(run.storage, run.folder, tuple(group.name for group in run.groups))
        for run in runs
    )


def _models(
    version: Version, build: Workspace | None, choices: Choices
) -> Mapping[str, ResolvedModel]:
    kinds = _kinds()
    if build and not kinds & set(choices.models):
        return {kind: build.config.models[kind] for kind in sorted(kinds)}
    own = models_of(choices, kinds)
    for kind, model in own.items():
        theirs = version.manifest.models.get(kind, model.identity)
        if model.identity != theirs:
            raise ConfigError(
                f"{version.uri} was made with the {kind} {theirs}, but that of this analysis is"
                f" {model.identity}: name that one (models)"
            )
    return own


def _kinds() -> set[str]:
    """Name the kinds of models that an analysis uses."""
    return {kind for stage in stages_of(ANALYSIS) for kind in stage.models}


def _earlier(storage: Storage, config: RunConfig) -> Workspace | None:
    """Give the analysis that this one goes on from, the last complete one of the dataset.

    One that was opened before stays with that which it was opened with.
    """
    own = opened(storage, ANALYSIS.name, config.name)
    if own and own.config.earlier and own.earlier:
        return own.earlier
    chain = [run for run in others_of(storage, config) if _goes_before(run.config, config)]
    followed = {run.config.earlier for run in chain} | _ends_in(storage, config)
    complete = [run for run in chain if run.config.name not in followed and _is_complete(run)]
    return complete[-1] if complete else None


def _ends_in(storage: Storage, config: RunConfig) -> set[str]:
    """Name analyses that go on from this one, which must not go on from them in turn."""
    after: set[str] = set()
    pending = {config.name}
    others = list(others_of(storage, config))
    while pending:
        pending = {run.config.name for run in others if run.config.earlier in pending} - after
        after |= pending
    return after


def _goes_before(other: RunConfig, config: RunConfig) -> bool:
    return (
        other.scale == config.scale
        and other.seed == config.seed
        and other.models.keys() >= config.models.keys()
        and all(other.models[kind].identity == m.identity for kind, m in config.models.items())
    )


def _is_complete(run: Workspace) -> bool:
    return all(run.promotion(group.name) is not None for group in run.groups)


def _with_map_of(earlier: Workspace, config: RunConfig) -> RunConfig:
    """Keep the map of an earlier analysis: new pictures are placed into it."""
    stages = dict(config.stages)
    for stage in stages_of(ANALYSIS):
        commit = earlier.ledger(stage.name).find(0) if "frozen" in stages[stage.name] else None
        if commit:
            stages[stage.name] = {**stages[stage.name], "frozen": commit.digest}
    return config.model_copy(update={"earlier": earlier.config.name, "stages": stages})
