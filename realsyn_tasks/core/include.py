"""Reads include/: scales, profiles, presets and defaults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from realsyn_tasks.core import closed
from realsyn_tasks.core.errors import ConfigError

PROJECT = Path(__file__).resolve().parents[2]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's: an opening reads many cards
DEFAULT_PRESET = "default"  # has no file: the stages' own defaults are what measures better


def include_folder() -> Path:
    """Give the folder of data files; REALSYN_INCLUDE moves it."""
    return Path(os.environ.get("REALSYN_INCLUDE", PROJECT / "include"))


def cache_folder() -> Path:
    """Give the folder of downloads and prepared models; REALSYN_CACHE moves it."""
    return Path(os.environ.get("REALSYN_CACHE", PROJECT / ".cache"))


def scales() -> dict[str, dict[str, int]]:
    """Read the named target sizes."""
    target_sizes: dict[str, dict[str, int]] = load(include_folder() / "scales.yaml")
    return target_sizes


def costs() -> dict[str, Any]:
    """Read what is assumed of costs and of the funnel where nothing was measured."""
    table: dict[str, Any] = load(include_folder() / "costs.yaml")
    return table


def profile(name: str) -> dict[str, Any]:
    """Read a profile; ConfigError names the nearest if there is none of that name."""
    closed.require(name, profile_names(), "include/profiles", what="profile")
    settings: dict[str, Any] = load(profile_path(name))
    return settings


def profile_names() -> list[str]:
    """Name the profiles there are."""
    return sorted(path.stem for path in (include_folder() / "profiles").glob("*.yaml"))


def profile_path(name: str) -> Path:
    """Say where a profile is."""
    return include_folder() / "profiles" / f"{name}.yaml"


def preset(name: str) -> dict[str, Any]:
    """Read a preset, {} for the one without a file; ConfigError names the nearest if none is."""
    closed.require(name, preset_names(), "include/presets", what="preset")
    settings: dict[str, Any] = {} if name == DEFAULT_PRESET else load(preset_path(name))
    return settings


def preset_names() -> list[str]:
    """Name the presets there are, first the one that leaves everything as it is."""
    named = {path.stem for path in (include_folder() / "presets").glob("*.yaml")}
    return [DEFAULT_PRESET, *sorted(named - {DEFAULT_PRESET})]


def preset_path(name: str) -> Path:
    """Say where a preset is."""
    return include_folder() / "presets" / f"{name}.yaml"


def filters_path() -> Path:
    """Say where the defaults of the extract group's filters are."""
    return include_folder() / "filters.yaml"


def filters() -> dict[str, dict[str, Any]]:
    """Read the defaults of the extract group's filters."""
    defaults: dict[str, dict[str, Any]] = load(filters_path())
    return defaults


def load(path: Path) -> Any:
    """Read a YAML file, {} out of an empty one; ConfigError says where it is not YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER) or {}
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{place(path)}: {error}") from None


def place(path: Path) -> str:
    """Name a file for messages: from the project's folder, or whole if it is elsewhere."""
    return path.relative_to(PROJECT).as_posix() if path.is_relative_to(PROJECT) else str(path)
