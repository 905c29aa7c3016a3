"""Reads include/: scales, profiles, defaults, and what was calibrated for each model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from realsyn_tasks.core.errors import ConfigError

PROJECT = Path(__file__).resolve().parents[2]


def include_folder() -> Path:
    """Give the folder of data files; REALSYN_INCLUDE moves it."""
    return Path(os.environ.get("REALSYN_INCLUDE", PROJECT / "include"))


def cache_folder() -> Path:
    """Give the folder of downloads and prepared models; REALSYN_CACHE moves it."""
    return Path(os.environ.get("REALSYN_CACHE", PROJECT / ".cache"))


def scales() -> dict[str, dict[str, int]]:
    """Read the named target sizes."""
    found: dict[str, dict[str, int]] = _load(include_folder() / "scales.yaml")
    return found


def profile(name: str) -> dict[str, Any]:
    """Read a profile; ConfigError names those there are."""
    folder = include_folder() / "profiles"
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yaml")))
        raise ConfigError(f"there is no profile {name!r}; choose one of: {known}")
    found: dict[str, Any] = _load(path)
    return found


def filters() -> dict[str, dict[str, Any]]:
    """Read the defaults of the extract group's filters."""
    found: dict[str, dict[str, Any]] = _load(include_folder() / "filters.yaml")
    return found


def calibration(model: str) -> dict[str, dict[str, Any]]:
    """Read the stage settings that were calibrated for a model; none for an unknown one."""
    path = include_folder() / "models" / f"{model}.yaml"
    found: dict[str, dict[str, Any]] = _load(path).get("stages", {}) if path.is_file() else {}
    return found


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
