"""Promotion of letters: they become the alphabet."""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core.workspace import Workspace


def promote(workspace: Workspace) -> dict[str, Any]:
    """Write the pointer to the alphabet."""
    workspace.storage.replace("alphabet", workspace.folder.encode())
    return {"uri": f"{workspace.storage.uri}/alphabet"}
