"""An estimate of the rest of a run is honest: held against a simulated clock, at half time."""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from pydantic_core import to_json

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.planner import Planner, shards_of
from realsyn_tasks.core.progress import SILENCE, BatchProgress
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report.eta import Estimate, Work, estimated
from realsyn_tasks.report.status import look
from tests.core.toy import open_toy

SECONDS = {"draw": 4.0, "split": 9.0, "add": 60.0, "total": 90.0}  # of a shard
START = 2.0  # of a batch
ROWS = 10  # of a shard
FEW = 2  # shards that are partitions


@dataclass(frozen=True)
class Done:
    """One shard as a simulated run does it."""

    stage: str
    batch: int
    shard: int
    begins: float
    ends: float


def size_of(run: Workspace, stage: Stage) -> float:
    """Give how much a shard holds: what is cut into a fixed number grows with the run."""
    count = run.config.shards(stage.axis)
    return 1.0 if count > FEW else run.config.axes["numbers"] / 20


def rows_of(run: Workspace, stage: Stage, shard: int) -> int:
    """Give the rows that a shard comes to; the first are small, the last large."""
    count = run.config.shards(stage.axis)
    return 1 + 2 * ROWS * shard // count if count > FEW else round(ROWS * size_of(run, stage))


def work_of(run: Workspace, stage: Stage, shard: int) -> float:
    """Give what there is to do in a shard: the rows it reads in line, where it does so."""
    return float(rows_of(run, stage, shard)) if stage.name == "split" else 1.0


def seconds_of(run: Workspace, stage: Stage, shard: int) -> float:
    """Give what a shard takes: more where it holds more, and by chance."""
    chance = random.Random(f"{stage.name} {shard}").uniform(0.6, 1.4)
    scale = ROWS if stage.name == "split" else 1
    return SECONDS[stage.name] * chance * size_of(run, stage) * work_of(run, stage, shard) / scale


def simulated(run: Workspace, lanes: int) -> Iterator[Done]:
    """Play a run: so many batches at once, stage after stage."""
    free = [0.0] * lanes
    for stage in run.stages():
        begins, count = max(free), run.config.shards(stage.axis)
        free = [begins] * lanes
        for batch in range(run.config.dispatch.batches(stage, count)):
            now = heapq.heappop(free) + START
            for shard in shards_of(run, stage, batch):
                ends = now + seconds_of(run, stage, shard)
                yield Done(stage.name, batch, shard, now, ends)
                now = ends
            heapq.heappush(free, now)


def bring_to(run: Workspace, shards: list[Done], now: float) -> None:
    """Let a run stand as it does at a moment of the simulated clock."""
    for stage in run.stages():
        planner = Planner(run, objects=False)
        mine = [done for done in shards if done.stage == stage.name and done.begins <= now]
        for done in mine:
            if done.ends <= now:
                commit(run, planner, stage, done)
        for batch in {done.batch for done in mine if done.ends > now}:
            report(run, stage, batch, shards, now)


def commit(run: Workspace, planner: Planner, stage: Stage, done: Done) -> None:
    run.ledger(stage.name).commit(
        Commit(
            stage=stage.name,
            shard=done.shard,
            fingerprint=planner.fingerprints.of(stage, done.shard),
            attempt=f"{done.shard:012x}",
            objects={},
            rows={"numbers": rows_of(run, stage, done.shard)},
            cost={"seconds": done.ends - done.begins},
        )
    )


def report(run: Workspace, stage: Stage, batch: int, shards: list[Done], now: float) -> None:
    mine = [done for done in shards if (done.stage, done.batch) == (stage.name, batch)]
    shares = [min(1.0, max(0.0, (now - s.begins) / (s.ends - s.begins))) for s in mine]
    sizes = [work_of(run, stage, each.shard) for each in mine]
    size = sum(share * size for share, size in zip(shares, sizes, strict=True))
    begun = sum(share * size for share, size in zip(shares, sizes, strict=True) if 0 < share < 1)
    said = BatchProgress(
        sum(shares), len(mine), now - mine[0].begins, None, time.time(), size=size, begun=begun
    )
    path = f"{run.folder}/{stage.name}/_progress/{batch:05d}.json"
    run.storage.replace(path, to_json(asdict(said)))


def earlier(root: Path) -> None:
    """A finished run of half the size."""
    run = open_toy(str(root), name="earlier", shards=20, batches=4)
    bring_to(run, list(simulated(run, 2)), 1e9)


@pytest.mark.parametrize("lanes", [1, 2, 4])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_at_half_time_the_rest_is_told_within_a_third(
    tmp_path: Path, lanes: int, share: float
) -> None:
    earlier(tmp_path)
    run = open_toy(str(tmp_path), name="later", shards=40, batches=8)
    shards = list(simulated(run, lanes))
    end = max(done.ends for done in shards)
    bring_to(run, shards, end * share)
    seen = look(run, quick=True)
    assert not seen.report.complete
    told = seen.rest.whole.seconds
    assert told == pytest.approx(end * (1 - share), rel=1 / 3), seen.rest


def test_what_nobody_has_done_yet_is_said_not_guessed(tmp_path: Path) -> None:
    run = open_toy(str(tmp_path), shards=40, batches=8)
    shards = list(simulated(run, 2))
    bring_to(run, shards, 50.0)
    rest = look(run, quick=True).rest
    assert rest.stages["draw"].seconds
    assert rest.stages["add"].seconds is None
    assert rest.whole.seconds is None
    assert rest.whole.why == "split: no run of this root has done it with the same models"
    assert rest.whole.at_least >= rest.stages["draw"].seconds


def test_a_batch_that_fell_silent_is_not_at_work(tmp_path: Path) -> None:
    run = open_toy(str(tmp_path), shards=4)
    said = BatchProgress(0.5, 2, 10.0, 30.0, time.time() - SILENCE - 60)
    run.storage.replace(f"{run.folder}/draw/_progress/00000.json", to_json(asdict(said)))
    assert look(run).report.stage("draw").running == 0
    said = BatchProgress(0.5, 2, 10.0, 30.0, time.time())
    run.storage.replace(f"{run.folder}/draw/_progress/00000.json", to_json(asdict(said)))
    line = look(run).report.stage("draw")
    assert (line.running, line.seconds_left) == (1, 3.5 * 20 + 1.5)


def work(stage: str, **changes: object) -> Work:
    known = {"group": "g", "needs": (), "shards": 4.0, "batches": 4, "at_work": 0}
    return Work(stage, **{**known, "seconds": 10.0, "source": "commits", **changes})  # type: ignore[arg-type]


def test_a_chain_of_stages_takes_its_time_however_many_batches_go_on_at_once() -> None:
    works = [work("a", at_work=4), work("b", needs=("a",)), work("c", needs=("b",), batches=1)]
    assert estimated(works).groups["g"].seconds == pytest.approx(10 + 11.5 + 41.5)


def test_a_run_of_which_nothing_is_left_takes_no_time() -> None:
    rest = estimated([work("a", shards=0.0, batches=0, seconds=0.0, source="")])
    assert rest.whole == Estimate(0.0, "")
