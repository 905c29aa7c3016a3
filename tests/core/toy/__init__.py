"""A pipeline small enough to reason about: numbers, keyed by parity, summed, totalled.

Its stages have all three shapes, and options to dawdle and to fail.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from realsyn_tasks.core.config import Dispatch, RunConfig
from realsyn_tasks.core.declaration import ONE, Axis, Group, Kind, Pipeline, Stage
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from tests.support import resolved

SHARDS, PARITIES = 4, 2
NUMBERS_AXIS, PARITIES_AXIS = Axis("numbers"), Axis("parities", cut=True)
TOY = Kind("toy", "builds")
NUMBERS = {"numbers": "NUMBERS"}


def pipeline(stages: Iterable[Stage]) -> Pipeline:
    """A pipeline of one group with these stages."""
    group = Group(
        "numbers",
        TOY,
        tuple(stages),
        package="tests.core.toy.numbers",
        asset="realsyn_numbers",
        reasons="tests.core.toy.numbers.reasons:REASONS",
    )
    return Pipeline((group,))


PIPELINE = pipeline(
    (
        Stage("draw", NUMBERS_AXIS, (), NUMBERS, blobs=("blob",)),
        Stage("split", NUMBERS_AXIS, ("draw",), {"numbers": "KEYED"}, keyed_by=PARITIES_AXIS),
        Stage("add", PARITIES_AXIS, ("split",), {"sums": "NUMBERS"}),
        Stage("total", ONE, ("add",), {"total": "NUMBERS"}),
    )
)
STAGES = PIPELINE.stages


def open_toy(
    root: str,
    pipeline: Pipeline = PIPELINE,
    name: str = "toy",
    shards: int = SHARDS,
    batches: int = 2,
    collecting: int = 0,
    parities: int = PARITIES,
    **stages: dict[str, Any],
) -> Workspace:
    """Open a run of the toy pipeline in which so many shards collect what split has keyed."""
    config = RunConfig(
        kind=TOY.name,
        name=name,
        axes={NUMBERS_AXIS: shards},
        partitions={PARITIES_AXIS: parities, "collect_split": collecting},
        models={"encoder": resolved("encoder")},
        stages=stages,
        dispatch=Dispatch(max_batches=batches),
    )
    return Workspace.create(Storage.at(root), config, pipeline)
