"""What a batch says of itself while it works, and what it leaves when it is killed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from realsyn_tasks.core import progress
from realsyn_tasks.core.progress import SILENCE, BatchProgress, Progress
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.workspace import Workspace
from tests.core.toy import STAGES, open_toy
from tests.support import tiny_model

DRAW = STAGES[0]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_toy(str(tmp_path))


def stored(workspace: Workspace) -> BatchProgress:
    data = workspace.storage.read(f"{workspace.folder}/draw/_progress/00000.json")
    report = BatchProgress.parsed(data)
    assert report
    return report


def test_a_batch_is_at_work_from_its_start_and_promises_nothing_yet(workspace: Workspace) -> None:
    with Progress(workspace, DRAW, 0, 2):
        begun = stored(workspace)
    assert (begun.done, begun.shards, begun.left) == (0.0, 2, None)
    assert begun.at and abs(time.time() - begun.at) < SILENCE


def test_no_line_says_that_nothing_is_left_before_anything_is_done(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(workspace, DRAW, 0, 2) as mine:
        mine.items(0, 10)
        mine.shard_done(0)
        mine.shard_done(1)
    first, second, last = capsys.readouterr().err.splitlines()
    assert "left" not in first
    assert "1.0 of 2 shards" in second
    assert "about" in second
    assert "2.0 of 2 shards" in last
    assert stored(workspace).left == 0.0


def test_a_stage_that_is_silent_gives_signs_of_life(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "HEARTBEAT", 0.01)
    with Progress(workspace, DRAW, 0, 2):
        first = stored(workspace).at
        deadline = time.monotonic() + 10
        while stored(workspace).at == first and time.monotonic() < deadline:
            time.sleep(0.01)
        assert stored(workspace).at != first


def test_shards_that_were_done_before_say_nothing_of_the_pace(workspace: Workspace) -> None:
    Runner(workspace, tiny_model).run_batch(DRAW, 0, only=[0])
    Runner(workspace, tiny_model).run_batch(DRAW, 0)
    report = stored(workspace)
    assert (report.done, report.shards) == (1.0, 1), "the other of two was there"


def test_a_batch_that_was_killed_is_known_by_its_silence() -> None:
    report = BatchProgress(0.5, 2, 10.0, 30.0, at=1000.0)
    assert not report.silent(1000.0 + SILENCE)
    assert report.silent(1001.0 + SILENCE)
