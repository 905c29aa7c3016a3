"""The pipeline's exchanges in two steps give every stage what they give it in one."""

from __future__ import annotations

from pathlib import Path

from realsyn_tasks.stages import PIPELINE
from tests.hard_world import Hard, content, runs


def test_whatever_is_collected_every_stage_makes_the_same(hard: Hard, pristine: Path) -> None:
    stages = [stage for run in runs(hard.root) for stage in run.stages()]
    collecting = {stage.collects for stage in stages if stage.collects}
    assert collecting == {stage.name for stage in PIPELINE.declared if stage.keyed_by}
    assert not [stage for run in runs(pristine) for stage in run.stages() if stage.collects]
    assert content(runs(hard.root)) == content(runs(pristine))
