"""What a batch says of itself while it works, and what it leaves when it is killed."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from realsyn_tasks.core import progress
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.progress import SILENCE, BatchProgress, Progress
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.stage import BYTES
from realsyn_tasks.core.workspace import Workspace
from tests.core.toy import NUMBERS, NUMBERS_AXIS, STAGES, open_toy, pipeline
from tests.core.toy.numbers import toil as toil_stage
from tests.support import tiny_model

DRAW = STAGES[0]
EVEN = {0: 1.0, 1: 1.0}  # sizes of shards


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_toy(str(tmp_path))


def stored(workspace: Workspace) -> BatchProgress:
    data = workspace.storage.read(f"{workspace.folder}/draw/_progress/00000.json")
    report = BatchProgress.parsed(data)
    assert report
    return report


def test_a_batch_is_at_work_from_its_start_and_promises_nothing_yet(workspace: Workspace) -> None:
    with Progress(workspace, DRAW, 0, EVEN):
        begun = stored(workspace)
    assert (begun.done, begun.shards, begun.left) == (0.0, 2, None)
    assert begun.at and abs(time.time() - begun.at) < SILENCE


def test_no_line_says_that_nothing_is_left_before_anything_is_done(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(workspace, DRAW, 0, EVEN) as mine:
        mine.begin(0)
        mine.items(0, 0, 10)
        mine.shard_done(0)
        mine.shard_done(1)
    first, second, last = capsys.readouterr().err.splitlines()
    assert "left" not in first
    assert "1.0 of 2 shards" in second
    assert "about 0 s left" not in second
    assert "2.0 of 2 shards" in last
    assert stored(workspace).left == 0.0


def test_a_stage_that_is_silent_gives_signs_of_life(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "HEARTBEAT", 0.01)
    with Progress(workspace, DRAW, 0, EVEN):
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


class Clock:
    """Stands in for `time`; goes on when items are worked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return time.time()

    def work(self, number: int) -> None:
        self.now += random.Random(number).uniform(0.5, 1.5)


UNEVEN = (5, 100, 5, 10)  # numbers of four shards


@pytest.fixture
def toil(tmp_path: Path) -> Workspace:
    """A run of which uneven shards are to be worked at, all in one batch."""
    made = pipeline((DRAW, Stage("toil", NUMBERS_AXIS, ("draw",), NUMBERS)))
    run = open_toy(str(tmp_path), made, batches=1, draw={"counts": UNEVEN})
    Runner(run, tiny_model).run_batch(DRAW, 0)
    return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    ticking = Clock()
    monkeypatch.setattr(progress, "time", ticking)
    monkeypatch.setattr(toil_stage, "work", ticking.work)
    return ticking


def run_toil(run: Workspace) -> None:
    Runner(run, tiny_model).run_batch(run.pipeline.stage("toil"), 0)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_at_half_time_the_rest_of_uneven_shards_is_told_within_a_third(
    toil: Workspace, clock: Clock, capsys: pytest.CaptureFixture[str], share: float
) -> None:
    run_toil(toil)
    lines = [TOLD.search(line) for line in capsys.readouterr().err.splitlines()]
    told = [tuple(map(float, line.groups())) for line in lines if line]
    elapsed, left = next(each for each in told if each[0] >= clock.now * share)
    assert left == pytest.approx(clock.now - elapsed, rel=1 / 3)


TOLD = re.compile(r"(\d+) s so far, about (\d+) s left")


def test_lines_tell_items_and_their_rate(
    toil: Workspace, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    run_toil(toil)
    lines = capsys.readouterr().err.splitlines()
    assert any("of 100 items of a shard" in line and " items/s" in line for line in lines)
    assert not any("about 0 s left" in line for line in lines)


def test_a_batch_tells_which_shard_it_is_at_and_what_was_done_of_all(
    toil: Workspace, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[BatchProgress] = []
    path = f"{toil.folder}/toil/_progress/00000.json"

    def look(number: int) -> None:
        clock.work(number)
        if report := BatchProgress.parsed(toil.storage.read(path)):
            seen.append(report)

    monkeypatch.setattr(toil_stage, "work", look)
    run_toil(toil)
    assert {report.shard for report in seen} >= {1, 3}
    last = seen[-1]
    assert last.rate == pytest.approx(1.0, rel=0.2)
    assert last.items == pytest.approx(sum(UNEVEN), abs=10)
    final = BatchProgress.parsed(toil.storage.read(path))
    assert final and (final.items, final.shard, final.left) == (sum(UNEVEN), None, 0.0)


def test_bytes_are_told_in_megabytes(
    workspace: Workspace, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(workspace, DRAW, 0, EVEN) as mine:
        mine.begin(0)
        clock.now = 10.0
        mine.items(0, 2_500_000, 10_000_000, BYTES)
    assert "2.5 of 10.0 MB of a shard (25%), 0.2 MB/s" in capsys.readouterr().err
