"""The ledger of a run as a table: what is done, what is not, and when it probably will be."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress
from pathlib import PurePosixPath

from realsyn_tasks.core import reuse
from realsyn_tasks.core.answers import SETTLED, UNDONE, ShardState, StageStatus
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.planner import Planner, shards_of
from realsyn_tasks.core.progress import BatchProgress
from realsyn_tasks.core.workspace import Workspace


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


def status(workspace: Workspace, quick: bool = False) -> RunReport:
    """Give the state of every stage of a run: shards by state, rows, drops, CPU seconds.

    Changes nothing but indices of ledgers, so it may be asked while a build is running, and in
    Airflow's environment too. `quick` believes markers, without a look at each object.
    """
    planner = Planner(workspace, objects=not quick)
    stages = tuple(_stage(workspace, planner, planner.status(s)) for s in workspace.stages())
    return RunReport(
        build=workspace.uri,
        complete=all(line.left == 0 for line in stages),
        follows=workspace.config.earlier,
        stages=stages,
    )


def _stage(workspace: Workspace, planner: Planner, stage_status: StageStatus) -> StageReport:
    lines = stage_status.outlines
    own = [not origin for origin in lines.origins]
    failures = [row for row in stage_status.rows_of(stage_status.failures) if row.failure_class]
    running, left = _left(workspace, stage_status)
    adoptable = _adoptable(workspace, planner, stage_status)
    origins = set(lines.origins)
    origins |= {commit.origin for commit in adoptable.values()}
    return StageReport(
        stage=stage_status.stage.name,
        group=stage_status.stage.group,
        shards=len(stage_status.states),
        left=len(stage_status.unsettled),
        states=dict(sorted(Counter(state.value for state in stage_status.states.values()).items())),
        failures=dict(sorted(Counter(row.failure_class for row in failures).items())),
        error=failures[0].error if failures else "",
        rows=sum(lines.rows),
        dropped=sum(lines.dropped),
        cpu_seconds=round(sum(compress(lines.cpu_seconds, own)), 1),
        adopted=len(lines) - sum(own),
        grown=sum(compress(lines.grown, own)),
        adoptable=len(adoptable),
        origins=tuple(sorted(PurePosixPath(folder).name for folder in origins if folder)),
        running=running,
        seconds_left=left,
    )


def _adoptable(
    workspace: Workspace, planner: Planner, stage_status: StageStatus
) -> dict[int, Commit]:
    """Find the commits of other runs that shards which are due would be just so."""
    due = [shard for shard, state in stage_status.states.items() if state in UNDONE]
    return reuse.adoptable(workspace, planner, stage_status.stage, due)


def _left(workspace: Workspace, stage_status: StageStatus) -> tuple[int, float | None]:
    """Count the batches at work, and estimate the seconds that the rest takes, if that is possible.

    A shard takes what those of the batches at work took lately, or else what the committed ones
    took; and as many batches go on at once as are at work now.
    """
    count = len(stage_status.unsettled)
    if not count:
        return 0, 0.0
    running = _at_work(workspace, stage_status)
    lately = [report.elapsed / report.done for report in running if report.done]
    lines = stage_status.outlines
    took = [s for s, origin in zip(lines.seconds, lines.origins, strict=True) if not origin]
    known = lately or took
    seconds = sum(known) / len(known) * count / max(1, len(running)) if known else None
    return len(running), None if seconds is None else round(seconds, 1)


def _at_work(workspace: Workspace, stage_status: StageStatus) -> list[BatchProgress]:
    """Read what batches reported that have shards left, and have not settled them since."""
    folder = f"{workspace.folder}/{stage_status.stage.name}/_progress"
    reports: list[BatchProgress] = []
    for path, data in workspace.storage.contents(folder):
        batch, report = PurePosixPath(path).stem, BatchProgress.parsed(data)
        if report and batch.isdecimal() and report.done < report.shards:
            shards = shards_of(workspace, stage_status.stage, int(batch))
            if any(stage_status.states.get(shard) not in SETTLED for shard in shards):
                reports.append(report)
    return reports


def show(report: RunReport) -> None:
    """Print the table for people on standard error."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=report.build, title_justify="left")
    columns = (
        "stage",
        "shards",
        *(s.value for s in ShardState),
        "rows",
        "dropped",
        "CPU-s",
        "left",
    )
    for name in columns:
        table.add_column(name, justify="left" if name == "stage" else "right")
    for stage in report.stages:
        states = [str(stage.states.get(state.value, "")) for state in ShardState]
        numbers = [f"{stage.rows:,}", f"{stage.dropped:,}", f"{stage.cpu_seconds:.1f}"]
        table.add_row(stage.stage, str(stage.shards), *states, *numbers, _eta(stage))
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 160)
    console.print(table)
    for line in _reused(report):
        console.print(line, markup=False, highlight=False)
    for stage in report.stages:
        if stage.error:
            classes = ", ".join(f"{count} {name}" for name, count in stage.failures.items())
            console.print(f"{stage.stage} ({classes}): {stage.error}", markup=False)


def _reused(report: RunReport) -> Iterator[str]:
    """Say what is not done again, because another run has done it."""
    for stage in report.stages:
        parts = [f"{stage.adopted} adopted", f"{stage.adoptable} due to be adopted"]
        parts.append(f"{stage.grown} grown from what it found")
        counts = (stage.adopted, stage.adoptable, stage.grown)
        said = [part for part, count in zip(parts, counts, strict=True) if count]
        if said:
            names = ", ".join(stage.origins or (report.follows,))
            yield f"{stage.stage}: of {names}, shards {', '.join(said)}"


def _eta(stage: StageReport) -> str:
    if not stage.left:
        return ""
    return "" if stage.seconds_left is None else f"{stage.seconds_left:.0f} s"
