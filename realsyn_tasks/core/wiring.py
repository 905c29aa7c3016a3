"""Which stages of its run a stage reads, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from realsyn_tasks.core.declaration import Pipeline, Reading, Stage
from realsyn_tasks.core.workspace import Workspace


class Reads(NamedTuple):
    """What one stage reads."""

    in_line: tuple[Stage, ...]  # the shard of the same number
    whole: tuple[Stage, ...]  # fits, and what is gathered from all shards
    sources: tuple[str, ...]  # what no stage of this run makes


def reads_of(workspace: Workspace) -> Mapping[str, Reads]:
    """Give what each stage of the pipeline reads of those that are part of this run, by name."""
    at_work = {stage.name for stage in workspace.stages()}
    pipeline = workspace.pipeline
    return {stage.name: _reads(pipeline, stage, at_work) for stage in pipeline.stages}


def _reads(pipeline: Pipeline, stage: Stage, at_work: set[str]) -> Reads:
    made = [pipeline.stage(name) for name in stage.reads if name in at_work]
    in_line = [s for s in made if pipeline.reading(stage, s.name) is Reading.ALIGNED]
    return Reads(
        tuple(in_line),
        tuple(read for read in made if read not in in_line),
        tuple(name for name in stage.reads if name not in at_work),
    )
