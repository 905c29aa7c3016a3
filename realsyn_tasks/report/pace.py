"""What is left of a run's stages, and what a shard of each takes: measured here, or elsewhere.

A stage that has begun is measured by its batches at work and its commits. What one that has not
takes is told by other runs of the root that used the same models: seconds for each row it reads.
How many rows it will read is told by the stages before it, as far as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice

from realsyn_tasks.core.answers import SETTLED, StageStatus
from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.ledger_index import IndexedMarkers
from realsyn_tasks.core.outlines import Outlines
from realsyn_tasks.core.planner import batch_of
from realsyn_tasks.core.progress import BatchProgress
from realsyn_tasks.core.shard_sizes import mean, sizes
from realsyn_tasks.core.stage import ITEMS
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report.eta import RunEstimate, Work, estimated
from realsyn_tasks.runs.root import Runs

MOST_RUNS = 8  # that are asked what a stage took
ENOUGH = 0.1  # shards, of which batches at work tell more than commits do
CREDIT = 0.9  # of a shard that is silent, at most


@dataclass(frozen=True)
class Standing:
    """A stage as it is now, and what its batches at work have said."""

    status: StageStatus
    running: tuple[BatchProgress, ...] = ()

    @property
    def shards(self) -> tuple[int, ...]:
        """Number the shards that its batches are at, as far as they have said so."""
        return tuple(sorted(r.shard for r in self.running if r.shard is not None))


def items_a_second(standing: Standing) -> float | None:
    """Give how many items a second go through the batches at work; None where that is not known.

    Where a stage counts none, or bytes, they are the rows that it makes, by its commits so far.
    """
    counted = [report.rate for report in standing.running if report.unit == ITEMS and report.rate]
    if counted:
        return sum(counted)
    lines, lately = standing.status.outlines, [r for r in standing.running if r.done]
    if not lines or not lately:
        return None
    rows = sum(lines.rows) / len(lines)
    return sum(rows * report.done / report.elapsed for report in lately if report.elapsed) or None


@dataclass(frozen=True)
class Totals:
    """What the commits of a stage add up to; costs are of what was done in this run."""

    shards: int
    own: int  # shards that were not adopted
    rows: int
    seconds: float
    cpu_seconds: float
    gpu_seconds: float
    stored_bytes: int


def totals(lines: Outlines) -> Totals:
    """Add up the commits of a stage."""
    own = [not origin for origin in lines.origins]
    return Totals(
        shards=len(lines),
        own=sum(own),
        rows=sum(lines.rows),
        seconds=sum(compress(lines.seconds, own)),
        cpu_seconds=sum(compress(lines.cpu_seconds, own)),
        gpu_seconds=sum(compress(lines.gpu_seconds, own)),
        stored_bytes=sum(compress(lines.stored_bytes, own)),
    )


@dataclass(frozen=True)
class Pace:
    """What a stage took in another run for each row that it read, and how many it made."""

    seconds: float
    rows: float
    run: str  # name of the run


class OtherRuns:
    """What stages took in other runs, and in this one before it changed, looked up when asked."""

    def __init__(self, runs: Iterable[Workspace]) -> None:
        self._runs = list(runs)
        self._totals: dict[tuple[str, str], Totals] = {}

    @staticmethod
    def of(workspace: Workspace) -> OtherRuns:
        """Give the runs of the same kind below the same root, and itself as it was before."""
        kind = workspace.pipeline.kind(workspace.config.kind)
        runs = Runs(workspace.storage.uri, workspace.pipeline).of_kind(kind)
        others = (run for run in runs if run.config.name != workspace.config.name)
        return OtherRuns([workspace, *islice(others, MOST_RUNS)])

    def pace(self, config: RunConfig, stage: Stage) -> Pace | None:
        """Give what a stage took in the run that has measured it most, with the same models."""
        alike = [run for run in self._runs if _models_alike(run.config, config, stage)]
        measured = [run for run in alike if self._of(run, stage).own]
        if not measured:
            return None
        return self._pace(max(measured, key=lambda run: self._of(run, stage).own), stage)

    def _of(self, run: Workspace, stage: Stage) -> Totals:
        place = run.uri, stage.name
        if place not in self._totals:
            markers = IndexedMarkers(run.storage, f"{run.folder}/{stage.name}")
            self._totals[place] = totals(markers.unlisted())
        return self._totals[place]

    def _pace(self, run: Workspace, stage: Stage) -> Pace:
        here, shards = self._of(run, stage), run.config.shards(stage.axis)
        read = max(1.0, sum(self._rows(run, name) for name in stage.reads))
        return Pace(
            seconds=here.seconds / (read * here.own / shards),
            rows=here.rows / (read * here.shards / shards),
            run=run.config.name,
        )

    def _rows(self, run: Workspace, name: str) -> float:
        if name in run.config.sources or not run.runs(name):
            return source_rows(run, name)
        return float(self._of(run, run.pipeline.stage(name)).rows)


def _models_alike(theirs: RunConfig, mine: RunConfig, stage: Stage) -> bool:
    known = set(stage.models) <= set(theirs.models) & set(mine.models)
    return (
        theirs.enabled(stage) and known and theirs.identities_of(stage) == mine.identities_of(stage)
    )


def source_rows(run: Workspace, name: str) -> float:
    """Count the rows of a source, or its shards where rows are not known; 0 of what is none."""
    pinned = run.config.sources.get(name)
    if pinned is None:
        return 0.0
    return float(sum(pinned.rows.values()) or run.config.shards(run.pipeline.source(name).axis))


class Sized:
    """The shards of a stage by what each has to do; one of the mean size counts as 1."""

    def __init__(self, known: Mapping[int, float]) -> None:
        self._known = known
        self._mean = mean(known)

    def shards(self, numbers: Iterable[int]) -> float:
        """Say how many shards of the mean size these are worth."""
        return sum(self._known.get(number, self._mean) for number in numbers) / self._mean

    def done(self, report: BatchProgress) -> float:
        """Say so of what a batch has done, all in all."""
        return report.size / self._mean if report.size else report.done

    def begun(self, report: BatchProgress, seconds: float | None) -> float:
        """Say so of the shard that a batch is at; of a silent one, by its time."""
        if report.size or not seconds:
            return report.begun / self._mean
        if report.done:
            return report.done % 1
        at = self.shards([report.shard]) if report.shard is not None else 1.0
        return min(CREDIT * at, report.elapsed / seconds)


class Rest:
    """What is left of one run."""

    def __init__(
        self, workspace: Workspace, stages: Mapping[str, Standing], others: OtherRuns
    ) -> None:
        self._workspace, self._stages, self._others = workspace, stages, others
        self._rows: dict[str, float | None] = {}
        self._paces: dict[str, Pace | None] = {}

    def works(self) -> list[Work]:
        """Give what is left of each stage, in order."""
        return [self._work(standing) for standing in self._stages.values()]

    def _work(self, standing: Standing) -> Work:
        status, stage = standing.status, standing.status.stage
        sized = self._sizes(status) if status.unsettled else Sized({})
        seconds, source = self._seconds(standing, sized) if status.unsettled else (0.0, "")
        begun = sum(sized.begun(report, seconds) for report in standing.running)
        return Work(
            stage=stage.name,
            group=stage.group,
            needs=self._workspace.pipeline.needed(stage),
            shards=sized.shards(status.unsettled) - begun,
            batches=_batches_left(self._workspace, standing.status),
            at_work=len(standing.running),
            seconds=seconds,
            source=source,
        )

    def _sizes(self, status: StageStatus) -> Sized:
        """Give the sizes of a stage's shards, by the commits of what they read in line."""
        counts = {
            name: dict(zip(known.status.outlines.shards, known.status.outlines.rows, strict=True))
            for name, known in self._stages.items()
            if name in status.stage.reads
        }

        def rows(read: Stage, shard: int) -> int | None:
            return counts.get(read.name, {}).get(shard)

        return Sized(sizes(self._workspace, status.stage, status.states, rows))

    def _seconds(self, standing: Standing, sized: Sized) -> tuple[float | None, str]:
        """Give the seconds of a shard of the mean size, and who says so."""
        lately = [report for report in standing.running if report.done]
        done = sum(sized.done(report) for report in lately)
        lines = standing.status.outlines
        own = [n for n, origin in zip(lines.shards, lines.origins, strict=True) if not origin]
        if done >= ENOUGH or (done and not own):
            return sum(report.elapsed for report in lately) / done, "batches at work"
        if own:
            return totals(lines).seconds / sized.shards(own), "commits of this run"
        return self._elsewhere(standing.status.stage)

    def _elsewhere(self, stage: Stage) -> tuple[float | None, str]:
        pace = self._pace(stage)
        if pace is None:
            return None, "no run of this root has done it with the same models"
        read = self._read(stage)
        if read is None:
            return None, "how much it will read is not known yet"
        shards = max(1, self._workspace.config.shards(stage.axis))
        return pace.seconds * max(1.0, read) / shards, f"run {pace.run}, by rows read"

    def _pace(self, stage: Stage) -> Pace | None:
        if stage.name not in self._paces:
            self._paces[stage.name] = self._others.pace(self._workspace.config, stage)
        return self._paces[stage.name]

    def _read(self, stage: Stage) -> float | None:
        """Count the rows that a stage will read; None where that cannot be told."""
        counts = [self._made(name) for name in stage.reads]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def _made(self, name: str) -> float | None:
        if name not in self._stages:
            return source_rows(self._workspace, name)
        if name not in self._rows:
            self._rows[name] = self._made_by(self._stages[name].status)
        return self._rows[name]

    def _made_by(self, status: StageStatus) -> float | None:
        lines = status.outlines
        if status.complete:
            return float(sum(lines.rows))
        if lines:
            sized = self._sizes(status)
            return sum(lines.rows) * sized.shards(status.states) / sized.shards(lines.shards)
        pace, read = self._pace(status.stage), self._read(status.stage)
        return None if pace is None or read is None else read * pace.rows


def _batches_left(workspace: Workspace, status: StageStatus) -> int:
    if not any(state in SETTLED for state in status.states.values()):
        return workspace.config.dispatch.batches(status.stage, len(status.states))
    return len({batch_of(workspace, status.stage, shard) for shard in status.unsettled})


def rest_of(
    workspace: Workspace, stages: Sequence[Standing], others: OtherRuns | None = None
) -> RunEstimate:
    """Estimate what is left of a run; other runs are asked where it cannot tell by itself."""
    by_name = {standing.status.stage.name: standing for standing in stages}
    return estimated(Rest(workspace, by_name, others or OtherRuns.of(workspace)).works())
