"""Where a checkpoint is: prepared in the cache, a folder, or a name on a hub."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from realsyn_tasks.models import prepared
from realsyn_tasks.models.preparing import RECIPES


def locate(cache: Path, checkpoint: str) -> tuple[str, str]:
    """Give what to load a checkpoint from, and its identity.

    ConfigError if it is one of the embedded models and not prepared. A folder is identified by
    its files' names, sizes and the digests of its configuration; a hub name by itself.
    """
    for recipe in RECIPES:
        if recipe.name == checkpoint:
            folder, identity = prepared.find(cache, recipe)
            return str(folder), identity
    folder = Path(checkpoint)
    if folder.is_dir():
        return str(folder), f"{folder.name}-{_digest(folder)}"
    return checkpoint, checkpoint


def _digest(folder: Path) -> str:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    told = [
        (
            path.relative_to(folder).as_posix(),
            path.stat().st_size,
            prepared.sha256(path) if path.suffix in (".json", ".jinja", ".txt") else "",
        )
        for path in files
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
