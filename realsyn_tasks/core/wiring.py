"""Which stages of its run a stage reads, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from realsyn_tasks.core.declaration import Pipeline, Reading, Stage
from realsyn_tasks.core.exchange import run_of
from realsyn_tasks.core.workspace import Workspace


class Reads(NamedTuple):
    """What one stage reads."""

    in_line: tuple[Stage, ...]  # the shard of the same number
    whole: tuple[Stage, ...]  # fits, and what is gathered from all shards
    sources: tuple[str, ...]  # what no stage of this run makes
    in_runs: tuple[Stage, ...] = ()  # some shards: what a stage collects
    through: tuple[Stage, ...] = ()  # stages that have collected what is gathered


def reads_of(workspace: Workspace) -> Mapping[str, Reads]:
    """Give what each stage of the pipeline reads of those that are part of this run, by name."""
    at_work = {stage.name for stage in workspace.stages()}
    pipeline = workspace.pipeline
    return {stage.name: _reads(pipeline, stage, at_work) for stage in pipeline.stages}


def _reads(pipeline: Pipeline, stage: Stage, at_work: set[str]) -> Reads:
    made = [pipeline.stage(name) for name in stage.reads if name in at_work]
    in_line = [s for s in made if pipeline.reading(stage, s.name) is Reading.ALIGNED]
    in_runs = [s for s in made if pipeline.reading(stage, s.name) is Reading.RUN]
    collecting = [pipeline.collecting(stage, read.name) for read in made]
    return Reads(
        tuple(in_line),
        tuple(read for read in made if read not in in_line and read not in in_runs),
        tuple(name for name in stage.reads if name not in at_work),
        tuple(in_runs),
        tuple(each for each in collecting if each and each.name in at_work),
    )


def collected_shards(workspace: Workspace, stage: Stage, shard: int) -> range:
    """Give the shards of the stage before that one shard of a collecting stage reads."""
    config, collected = workspace.config, workspace.pipeline.stage(stage.collects)
    return run_of(config.shards(collected.axis), config.shards(stage.axis), shard)
