"""Promotion of the group analyze: no data; it says of which version the analysis is complete."""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.pinned import VersionRef
from realsyn_tasks.kinds import VERSION


def promote(workspace: Workspace) -> dict[str, Any]:
    """Name the version that was analysed."""
    pinned = VersionRef.model_validate(workspace.config.sources[VERSION.name].reference)
    return {"uri": workspace.uri, "version": f"{workspace.storage.uri}/{pinned.path}"}
