"""A pipeline small enough to reason about: numbers, keyed by parity, summed, totalled.

Its stages have all three shapes, and options to dawdle and to fail.
"""

from __future__ import annotations

import pyarrow as pa

from realsyn_tasks.core.config import Dispatch, RunConfig
from realsyn_tasks.core.stage import Axis, Pipeline, Source, Stage
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from tests.support import resolved

PACKAGE = "tests.core.toy"
SHARDS, PARITIES = 4, 2
NUMBERS = pa.schema([("number", pa.int64())])
KEYED = pa.schema([("partition", pa.int32()), ("number", pa.int64())])


def stage(name: str, axis: Axis, reads: tuple[str, ...], **more) -> Stage:
    return Stage(name, "numbers", axis, reads, package=PACKAGE, **more)


STAGES = (
    stage("draw", Axis.CRAWL, ()),
    stage("split", Axis.CRAWL, ("draw",), keyed_by=Axis.LISTS),
    stage("add", Axis.LISTS, ("split",)),
    stage("total", Axis.ONE, ("add",)),
)
PIPELINE = Pipeline(STAGES, (Source("crawl", Axis.CRAWL),))


class ToyWorkspace(Workspace):
    """A run of which every stage belongs to one group."""

    def stages(self) -> list[Stage]:
        return list(self.pipeline.stages)


def open_toy(
    root: str,
    pipeline: Pipeline = PIPELINE,
    name: str = "toy",
    shards: int = SHARDS,
    batches: int = 2,
    **stages,
) -> Workspace:
    config = RunConfig(
        kind="build",
        name=name,
        axes={Axis.CRAWL: shards, Axis.LISTS: PARITIES},
        models={"encoder": resolved("encoder")},
        stages=stages,
        dispatch=Dispatch(max_batches=batches),
    )
    made = Workspace.create(Storage.at(root), config, pipeline)
    return ToyWorkspace(made.storage, made.folder, config, pipeline)
