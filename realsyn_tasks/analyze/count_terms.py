"""."""

from __future__ import annotations

from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig


class Config(StageConfig):
    """."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """."""
    raise NotImplementedError
