"""The pipeline's exchanges in two steps give every stage what they give it in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core import exchange
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.stages import PIPELINE
from tests import world

RUNS = ("extracts/first", "extracts/second", "builds/all")


def held(root: Path) -> dict[tuple[str, str], str]:
    """Digest what each declared stage of each run made."""
    runs = [Workspace.open(f"{root.as_uri()}/{place}", PIPELINE) for place in RUNS]
    return {
        (run.folder, stage.name): Planner(run).status(stage).digest
        for run in runs
        for stage in run.stages()
        if not stage.collects
    }


@pytest.mark.slow
def test_whatever_is_collected_every_stage_makes_the_same(
    pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "FEWEST", 1)
    monkeypatch.setattr(exchange, "DIRECTLY", 0)
    world.make(tmp_path)
    runs = [Workspace.open(f"{tmp_path.as_uri()}/{place}", PIPELINE) for place in RUNS]
    collecting = {stage.collects for run in runs for stage in run.stages() if stage.collects}
    assert collecting == {stage.name for stage in PIPELINE.declared if stage.keyed_by}
    assert held(tmp_path) == held(pristine)
