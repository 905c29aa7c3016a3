"""A preset: settings of stages, and models, that belong together (include/presets/NAME.yaml).

It stands above what was calibrated for models and below the profile. The one called default has
no file: what a stage does by itself is what measures better. Read by both planes.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from realsyn_tasks.core import closed, include
from realsyn_tasks.core.config import Frozen, ModelSpec
from realsyn_tasks.models.kinds import Kind

DEFAULT = include.DEFAULT_PRESET


class Preset(Frozen):
    """include/presets/NAME.yaml."""

    about: str  # for people, in the form
    model_set: str = ""  # in include/model_sets
    models: dict[Kind, ModelSpec] = Field(default_factory=dict)
    stages: dict[str, dict[str, Any]] = Field(default_factory=dict)


def read(name: str) -> Preset:
    """Read a preset; ConfigError names the wrong word, the nearest right one, and the place."""
    given = include.preset(name)
    if name == DEFAULT:
        return Preset(about="what measures better")
    return closed.validate(Preset, given, place(name))


def place(name: str) -> str:
    """Name a preset's file, for messages."""
    return include.place(include.preset_path(name))


def in_words() -> str:
    """Give for people the presets there are, and what each is about."""
    return "; ".join(f"{name}: {read(name).about}" for name in include.preset_names())
