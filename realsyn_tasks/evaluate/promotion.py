"""Promotion of the group evaluate: no data; it says of which versions the evaluation is complete.

What is attached to the versions is renewed then.
"""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.pinned import VersionsRef
from realsyn_tasks.kinds import VERSIONS


def promote(workspace: Workspace) -> dict[str, Any]:
    """Name the versions that were evaluated."""
    pinned = VersionsRef.model_validate(workspace.config.sources[VERSIONS.name].reference)
    versions = [f"{workspace.storage.uri}/{version.path}" for version in pinned.versions]
    return {"uri": workspace.uri, "versions": versions}
