"""Stage settings in layers, each of which may change those before it, and must be right.

The stage's own defaults (the paper's numbers; those of filters are in include/filters.yaml), what
was calibrated for the run's models (include/models), the preset's, the profile's, then the
operator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realsyn_tasks.core import closed
from realsyn_tasks.core.declaration import Pipeline
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.core.stage import StageConfig

Stages = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Layer:
    """Settings by stage, and where somebody wrote them: the file or option, the path in it."""

    stages: Stages
    place: str
    within: str = "stages"


def settings(
    layers: Sequence[Layer], names: Iterable[str], pipeline: Pipeline
) -> dict[str, StageConfig]:
    """Give the settings of the named stages; ConfigError for all wrong words in all layers."""
    problems = Problems()
    known = [stage.name for stage in pipeline.declared]
    for layer in layers:
        for name in layer.stages:
            with problems.noted():
                closed.require(name, known, layer.place, layer.within)
    wanted = set(names)
    said = {name for layer in layers for name in layer.stages}
    every: dict[str, StageConfig] = {}
    for name in known:
        if name in wanted | said:
            with problems.noted():
                every[name] = _settings_of(name, layers, pipeline)
    problems.raise_if_any()
    return {name: config for name, config in every.items() if name in wanted}


def last_that_says(layers: Sequence[Layer], stage: str, setting: str) -> Layer:
    """Give the layer whose word on a setting counts."""
    return next(layer for layer in reversed(layers) if setting in layer.stages.get(stage, {}))


def _settings_of(name: str, layers: Sequence[Layer], pipeline: Pipeline) -> StageConfig:
    model = pipeline.stage(name).config_class()
    values: dict[str, Any] = {}
    config = model()
    for layer in layers:
        if name in layer.stages:
            within = ".".join(part for part in (layer.within, name) if part)
            values |= closed.mapping(layer.stages[name], layer.place, within)
            config = closed.validate(model, values, layer.place, within)
    return config
