"""Promotion of the group sample: its export becomes a version of a dataset."""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import removals, tombstones
from realsyn_tasks.corpus.pinned import Takedown, corpus_of, pinned_generations
from realsyn_tasks.datasets.manifest import Manifest, Origin, name_of
from realsyn_tasks.datasets.publication import Exported, manifest_of, publish
from realsyn_tasks.sample.group import GROUP

REPORT = "report.html"  # attached to the version once it stands


def promote(workspace: Workspace) -> dict[str, Any]:
    """Publish what the group made, or mend what is damaged of it.

    ConfigError if anything of it was taken down after the build was opened, even while it is being
    published.
    """
    _require_takedowns(workspace)
    evidence = Evidence(workspace, GROUP.name)
    published = publish(
        workspace,
        origin_of(evidence),
        export_of(evidence),
        lambda: _require_takedowns(workspace),
    )
    uri = f"{workspace.storage.uri}/{published.note.path}"
    mended = {"mended": list(published.mended)} if published.mended else {}
    about = {"version": published.note.version, "pairs": published.note.pairs}
    return {"uri": uri, "report": f"{uri}/{REPORT}", **about, **mended}


def version_of(evidence: Evidence) -> Manifest:
    """Describe the version that the group's output is, published or not."""
    return manifest_of(origin_of(evidence), export_of(evidence))


def export_of(evidence: Evidence) -> list[Exported]:
    """Give the committed objects of all shards that have any pairs, in order."""
    [pairs] = GROUP.hands_on
    commits = [commit for commit in evidence.commits(pairs.stage) if commit.rows.get("pairs")]
    names = ("pairs", "samples", "entries", "places")
    return [Exported(*(commit.objects[name] for name in names)) for commit in commits]


def origin_of(evidence: Evidence) -> Origin:
    """Say what made the dataset."""
    config = evidence.workspace.config
    return Origin(
        name=dataset_name(evidence),
        scale=config.scale,
        target=config.target,
        config_digest=config.digest(),
        generations=corpus_of(config.sources).generations,
        models=models_of(evidence),
    )


def dataset_name(evidence: Evidence) -> str:
    """Name the dataset that the group's output is; one below its target does not claim it."""
    config = evidence.workspace.config
    [pairs] = GROUP.hands_on
    under = evidence.rows(pairs.stage, pairs.table) < config.target
    return name_of(config.scale, under)


def models_of(evidence: Evidence) -> dict[str, str]:
    """Give the identities of all models that made the corpus and the build, by kind.

    Those of the build are told by its configuration: under another one no marker would count.
    """
    identities: dict[str, str] = {}
    run = evidence.workspace
    for generation in pinned_generations(run.storage, run.config.sources):
        identities |= generation.models
    for stage in run.stages():
        if evidence.begun(stage.name):
            identities |= run.config.identities_of(stage)
    return dict(sorted(identities.items()))


def _require_takedowns(workspace: Workspace) -> None:
    """Refuse to publish what was taken down after the build was opened."""
    config, storage = workspace.config, workspace.storage
    state = tombstones.state(storage)
    pinned = corpus_of(config.sources).takedown or Takedown(number=0, digest="")
    if state.number <= pinned.number:
        return
    now = removals.pinned_at(storage, pinned_generations(storage, config.sources), state)
    before, after = (
        sum(ref.images + ref.sentences for ref in known.removed) for known in (pinned, now)
    )
    if after > before:
        raise ConfigError(
            f"build {config.name} was opened before takedown {state.number}, which removes"
            f" {after - before} more items of its corpus: open it again under the same name"
            " (realsyn_build), and only what that touches is done again"
        )
