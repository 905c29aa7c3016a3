"""The ledger of a run, stage by stage: what is done, what is not, and when it probably will be."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from itertools import compress
from pathlib import PurePosixPath

from realsyn_tasks.core import reuse
from realsyn_tasks.core.answers import SETTLED, UNDONE, StageStatus
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.planner import Planner, shards_of
from realsyn_tasks.core.progress import BatchProgress
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report.eta import RunEstimate
from realsyn_tasks.report.pace import Standing, items_a_second, rest_of


@dataclass(frozen=True)
class StageReport:
    """One stage of a run: its shards by state, what they hold and what they cost."""

    stage: str
    group: str
    shards: int
    left: int
    states: dict[str, int]
    failures: dict[str, int]  # by class, of shards that have no commit
    error: str  # the first of them
    rows: int
    dropped: int
    cpu_seconds: float  # of what was done here
    adopted: int  # shards, from other runs
    grown: int  # shards, from what the run found that this one follows
    adoptable: int  # shards that are due and that another run has just so
    origins: tuple[str, ...]  # names of the runs that they are of
    running: int  # batches
    running_shards: tuple[int, ...]  # that they are at, where they have said so
    items_a_second: float | None  # of all batches at work; None where nobody counts
    seconds_left: float | None  # None: nothing to estimate it from


@dataclass(frozen=True)
class RunReport:
    """A run as a table of its stages."""

    build: str  # URI
    complete: bool
    follows: str  # name of the earlier run
    stages: tuple[StageReport, ...]

    def stage(self, name: str) -> StageReport:
        """Find a stage's line by name."""
        return next(line for line in self.stages if line.stage == name)


@dataclass(frozen=True)
class Look:
    """A run at one moment: its table, what is at work, and how long the rest will take."""

    report: RunReport
    standings: tuple[Standing, ...]
    rest: RunEstimate


def status(workspace: Workspace, quick: bool = False) -> RunReport:
    """Give the state of every stage of a run: shards by state, rows, drops, CPU seconds.

    Changes nothing but indices of ledgers, so it may be asked while a build is running, and in
    Airflow's environment too. `quick` believes markers, without a look at each object.
    """
    return look(workspace, quick).report


def look(workspace: Workspace, quick: bool = False) -> Look:
    """Give what `status` gives, and what is at work."""
    planner, now = Planner(workspace, objects=not quick), time.time()
    standings = tuple(
        _standing(workspace, planner.status(stage), now) for stage in workspace.stages()
    )
    rest = rest_of(workspace, standings)
    stages = tuple(_stage(workspace, planner, standing, rest) for standing in standings)
    report = RunReport(
        build=workspace.uri,
        complete=all(line.left == 0 for line in stages),
        follows=workspace.config.earlier,
        stages=stages,
    )
    return Look(report, standings, rest)


def _stage(
    workspace: Workspace, planner: Planner, standing: Standing, rest: RunEstimate
) -> StageReport:
    stage_status = standing.status
    lines = stage_status.outlines
    own = [not origin for origin in lines.origins]
    failures = [row for row in stage_status.rows_of(stage_status.failures) if row.failure_class]
    adoptable = _adoptable(workspace, planner, stage_status)
    origins = set(lines.origins)
    origins |= {commit.origin for commit in adoptable.values()}
    left = rest.stages[stage_status.stage.name].seconds
    return StageReport(
        stage=stage_status.stage.name,
        group=stage_status.stage.group,
        shards=len(stage_status.states),
        left=len(stage_status.unsettled),
        states=_counted(stage_status),
        failures=dict(sorted(Counter(row.failure_class for row in failures).items())),
        error=failures[0].error if failures else "",
        rows=sum(lines.rows),
        dropped=sum(lines.dropped),
        cpu_seconds=round(sum(compress(lines.cpu_seconds, own)), 1),
        adopted=len(lines) - sum(own),
        grown=sum(compress(lines.grown, own)),
        adoptable=len(adoptable),
        origins=tuple(sorted(PurePosixPath(folder).name for folder in origins if folder)),
        running=len(standing.running),
        running_shards=standing.shards,
        items_a_second=items_a_second(standing),
        seconds_left=None if left is None else round(left, 1),
    )


def _counted(stage_status: StageStatus) -> dict[str, int]:
    counts = Counter(stage_status.states.values())
    return {state.value: count for state, count in sorted(counts.items())}


def _adoptable(
    workspace: Workspace, planner: Planner, stage_status: StageStatus
) -> dict[int, Commit]:
    """Find the commits of other runs that shards which are due would be just so."""
    due = [shard for shard, state in stage_status.states.items() if state in UNDONE]
    return reuse.adoptable(workspace, planner, stage_status.stage, due)


def _standing(workspace: Workspace, stage_status: StageStatus, now: float) -> Standing:
    """Read what batches have reported that have shards left and are not silent."""
    if not stage_status.unsettled:
        return Standing(stage_status)
    folder = f"{workspace.folder}/{stage_status.stage.name}/_progress"
    reports: list[BatchProgress] = []
    for path, data in workspace.storage.contents(folder):
        batch, report = PurePosixPath(path).stem, BatchProgress.parsed(data)
        if report and batch.isdecimal() and report.done < report.shards and not report.silent(now):
            shards = shards_of(workspace, stage_status.stage, int(batch))
            if any(stage_status.states.get(shard) not in SETTLED for shard in shards):
                reports.append(report)
    return Standing(stage_status, tuple(reports))
