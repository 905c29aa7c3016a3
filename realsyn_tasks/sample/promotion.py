"""Promotion of a sample: a published dataset."""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import removals, tombstones
from realsyn_tasks.corpus.pinned import Takedown, corpus_of, pinned_generations
from realsyn_tasks.datasets import index
from realsyn_tasks.datasets.publication import publish


def promote(workspace: Workspace) -> dict[str, Any]:
    """Publish the dataset, and note where everything is in it."""
    _require_takedowns(workspace)
    published = publish(workspace)
    index.of_dataset(workspace.storage, published["uri"].removeprefix(f"{workspace.storage.uri}/"))
    return published


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
