"""Folders of prepared models: how they are found, checked and made.

A folder appears all at once, with prepared.json in it: what it was made from and by which recipe.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.digests import cached_sha256, sha256

MANIFEST = "prepared.json"


@dataclass(frozen=True)
class Recipe:
    """A prepared model: its name, and the packaged files that it is made from."""

    name: str
    version: int  # a change redoes the preparation
    sources: Mapping[str, tuple[str, str]]  # role -> (package, file in it)


def source(package: str, name: str) -> Path:
    """Find a file that a package carries, without importing the package."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        if (path := Path(folder) / name).is_file():
            return path
    raise ConfigError(f"package {package} with {name} is not installed; run `make setup`")


def folder_of(cache: Path, recipe: Recipe) -> Path:
    """Say where a prepared model belongs."""
    return cache / "models" / recipe.name


def find(cache: Path, recipe: Recipe) -> tuple[Path, str]:
    """Give a prepared model's folder and its identity: its recipe, and what it was made from.

    Raises ConfigError if it is not there, stale, or not as it was made.
    """
    folder = folder_of(cache, recipe)
    manifest = read_manifest(folder)
    if manifest is None or manifest["version"] != recipe.version:
        state = "missing" if manifest is None else "outdated"
        raise ConfigError(f'prepared model {recipe.name} is {state} in {folder}; run "make models"')
    for name, entry in manifest["files"].items():
        if cached_sha256(folder / name, cache) != entry["sha256"]:
            raise ConfigError(
                f"prepared model {recipe.name}: {folder / name} is not as it was made; remove the"
                ' folder and run "make models"'
            )
    return folder, manifest["identity"]


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Read what a folder holds; None unless every file is there in its full size."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sizes = {name: (folder / name).stat().st_size for name in manifest["files"]}
    except (OSError, ValueError, KeyError):
        return None
    whole = all(entry["size"] == sizes[name] for name, entry in manifest["files"].items())
    return manifest if whole else None


def sources_of(recipe: Recipe) -> dict[str, Path]:
    """Find what a model is made from."""
    return {role: source(*where) for role, where in recipe.sources.items()}


def is_made(cache: Path, recipe: Recipe) -> bool:
    """Say whether a model's folder is there, whole and of the same sources."""
    digests = {role: cached_sha256(path, cache) for role, path in sources_of(recipe).items()}
    return _is_current(read_manifest(folder_of(cache, recipe)), recipe, digests)


def damaged(folder: Path) -> list[str]:
    """Name the files of a prepared model that are not as they were made; all of them are read."""
    manifest = read_manifest(folder) or {"files": {}}
    return [n for n, entry in manifest["files"].items() if sha256(folder / n) != entry["sha256"]]


def prepare(cache: Path, recipe: Recipe, make: Callable[[Mapping[str, Path], Path], None]) -> bool:
    """Make a model's folder unless it is there, whole and of the same sources; True if made."""
    sources = sources_of(recipe)
    digests = {role: sha256(path) for role, path in sources.items()}
    folder = folder_of(cache, recipe)
    with _alone(folder):
        if _is_current(read_manifest(folder), recipe, digests):
            return False
        new = folder.with_name(f".{recipe.name}.new")
        shutil.rmtree(new, ignore_errors=True)  # a killed process may have left it
        new.mkdir()
        try:
            make(sources, new)
            _write_manifest(new, recipe, digests)
            shutil.rmtree(folder, ignore_errors=True)  # outdated or damaged
            new.rename(folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time make a folder; the lock goes with the process that holds it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_current(
    manifest: Mapping[str, Any] | None, recipe: Recipe, digests: Mapping[str, str]
) -> bool:
    return bool(
        manifest and manifest["version"] == recipe.version and manifest["sources"] == digests
    )


def _write_manifest(folder: Path, recipe: Recipe, digests: Mapping[str, str]) -> None:
    files = {
        path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    told = json.dumps([recipe.name, recipe.version, dict(sorted(digests.items()))])
    key = hashlib.sha256(told.encode()).hexdigest()[:12]
    manifest = {
        "name": recipe.name,
        "version": recipe.version,
        "identity": f"{recipe.name}-{recipe.version}-{key}",
        "sources": dict(digests),
        "files": files,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
