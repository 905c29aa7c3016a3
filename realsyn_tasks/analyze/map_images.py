"""Place the pictures of the drawn pairs on a plane."""

from __future__ import annotations

from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig


class Config(StageConfig):
    """Which map new pictures are placed into."""

    frozen: str = ""  # digest of an earlier analysis's map; "": a new one


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Place each picture."""
    raise NotImplementedError
