"""Which earlier build a new one follows: whose lists it keeps, and whose matches it need not redo.

By default the promoted build over the longest beginning of the same corpus that was made with the
same encoder, seed and settings of the retrieval. A build that was opened before stays with the
one that it was opened with, as long as its corpus is the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from realsyn_tasks.core.config import CONFIG_NAME, RunConfig
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import BUILDS, Workspace
from realsyn_tasks.stages import PIPELINE

LATEST, NONE = "latest", "none"
FIT = "fit_lists"
DECIDE = (FIT, "assign_sentences", "probe_images")  # stages whose settings make the lists


def followed(storage: Storage, config: RunConfig, wanted: str = LATEST) -> RunConfig:
    """Give the configuration with the build to follow, named or found, filled in.

    Raises ConfigError where a named build cannot be followed.
    """
    if wanted == NONE:
        return config
    before = _opened_before(storage, config)
    if wanted == LATEST and before:
        return _with(config, before.earlier, before.stages[FIT].get("frozen", ""))
    found = {build.config.name: build for build in _candidates(storage, config)}
    if wanted != LATEST and wanted not in found:
        raise ConfigError(
            f"build {wanted!r} cannot be followed: it must be promoted, over the first generations"
            " of this corpus but not all of them, with the same encoder, seed and settings of the"
            f" retrieval; there are: {', '.join(sorted(found)) or 'none'}"
        )
    names = [wanted] if wanted != LATEST else sorted(found, key=lambda n: _rank(found[n]))
    return _with(config, names[-1], _lists_of(found[names[-1]])) if names else config


def _opened_before(storage: Storage, config: RunConfig) -> RunConfig | None:
    path = f"{BUILDS}/{config.name}/{CONFIG_NAME}"
    if not storage.exists(path):
        return None
    before = RunConfig.model_validate_json(storage.read(path))
    same = before.corpus == config.corpus and _alike(before, config)
    return before if same else None


def _candidates(storage: Storage, config: RunConfig) -> Iterator[Workspace]:
    for folder in storage.folders(BUILDS):
        name = folder.rstrip("/").rsplit("/", 1)[-1]
        if name != config.name and storage.exists(f"{folder}/{CONFIG_NAME}"):
            build = Workspace.open(f"{storage.uri}/{BUILDS}/{name}", PIPELINE)
            if _leads_to(build.config, config) and _is_promoted(build):
                yield build


def _leads_to(before: RunConfig, config: RunConfig) -> bool:
    count = len(before.corpus)
    beginning = 0 < count < len(config.corpus) and before.corpus == config.corpus[:count]
    return beginning and _alike(before, config)


def _alike(before: RunConfig, config: RunConfig) -> bool:
    """Say whether two builds would make the same lists of the same corpus."""
    return (
        before.kind == config.kind
        and before.seed == config.seed
        and before.models.get("encoder") == config.models.get("encoder")
        and all(_settings(before, name) == _settings(config, name) for name in DECIDE)
    )


def _settings(config: RunConfig, stage: str) -> dict[str, object]:
    return {name: value for name, value in config.stages[stage].items() if name != "frozen"}


def _is_promoted(build: Workspace) -> bool:
    promotion = build.promotion("retrieve")
    return promotion is not None and bool(_lists_of(build))


def _lists_of(build: Workspace) -> str:
    """Digest the lists that a build has; empty where it has none."""
    commit = build.ledger(FIT).find(0)
    return commit.digest if commit else ""


def _rank(build: Workspace) -> tuple[int, str]:
    return len(build.config.corpus), build.config.name


def _with(config: RunConfig, name: str, lists: str) -> RunConfig:
    stages = {**config.stages, FIT: {**config.stages[FIT], "frozen": lists}}
    return config.model_copy(update={"earlier": name, "stages": stages})
