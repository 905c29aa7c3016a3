"""Repairs: which shards would be done again, why, and what waits for them.

Nothing here computes. A repair is a plan over ledgers, and with `force` the withdrawal of the
markers and failure notes of the shards that were named; then they are missing, as in a first run.
The shards "transient failures" of the stage fetch are those in which an address failed for now:
done again, they keep what they have and ask for those addresses alone.
Withdrawing twice, or a crash on the way, changes nothing: what lacks a marker is done again by
whoever runs the stage next, and gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from realsyn_tasks.core.answers import SETTLED, ShardState, StageStatus
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner, batch_of
from realsyn_tasks.core.screen import terminal
from realsyn_tasks.core.shards import as_ranges, in_ranges, shown
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.stages import PIPELINE

ALL = "all"
LACKING = "failed and missing"
TRANSIENT = "transient failures"  # shards that are committed, but for items worth another try
MOST_REASONS = 100  # of a stage
MOST_NAMES = 5  # of stages
MOST_ROWS, LONGEST = 24, 300  # of a screen, and letters of a reason on it
EACH = (LACKING, TRANSIENT, ALL, "")
WHY = {
    ShardState.DONE: "is committed, and named with force",
    ShardState.QUARANTINED: "is quarantined, here or in a stage before, and named with force",
    ShardState.MISSING: "has no marker",
    ShardState.STALE: "has a marker of other inputs, another configuration or stage version",
    ShardState.DAMAGED: "has a marker that names an object which is gone or cut",
    ShardState.FAILED: "failed",
    ShardState.WAITING: "waits for what it reads",
}


@dataclass(frozen=True)
class RepairRow:
    """Shards of a stage that are in one state, and why they would run."""

    build: str
    group: str
    stage: str
    when: str  # named: what was asked for; then: what the group lacks besides
    state: ShardState
    shards: str  # ranges, the first of them
    count: int
    why: str


@dataclass(frozen=True)
class RepairStep:
    """Named shards of one batch that can run."""

    build: str
    stage: str
    batch: int
    shards: str  # ranges


@dataclass(frozen=True)
class RepairReason:
    """Why some shards would run, in whole; those of a stage are the most frequent ones."""

    build: str
    stage: str
    state: ShardState
    why: str
    shards: str  # ranges, the first of them
    count: int


@dataclass(frozen=True)
class Hidden:
    """Stages of a run of which nobody can say yet what is due: they wait for what they read."""

    build: str
    stages: tuple[str, ...]

    @property
    def words(self) -> str:
        """Say so."""
        count, names = len(self.stages), ", ".join(self.stages[:MOST_NAMES])
        more = f" and {count - MOST_NAMES} more" if count > MOST_NAMES else ""
        stages = "1 more stage" if count == 1 else f"{count} more stages"
        return f"{_short(self.build)}: {stages} can only be judged after these ({names}{more})"


@dataclass(frozen=True)
class Repair:
    """What a repair would run."""

    rows: tuple[RepairRow, ...] = ()
    steps: tuple[RepairStep, ...] = ()
    reasons: tuple[RepairReason, ...] = ()
    hidden: tuple[Hidden, ...] = ()

    @property
    def shards(self) -> int:
        """Count the named shards."""
        return sum(row.count for row in self.rows if row.when == "named")


@dataclass(frozen=True)
class Selection:
    """What to repair: all that lacks a commit, or named shards of one stage."""

    group: str = ALL
    stage: str = ALL
    shards: str = LACKING
    force: bool = False

    def check(self) -> None:
        """Raise ConfigError for a selection that means nothing, or more than anyone wants."""
        known = {ALL, *(stage.name for stage in PIPELINE.stages)}
        if self.stage not in known:
            names = ", ".join(sorted(known))
            raise ConfigError(f"no stage is called {self.stage!r}; there are: {names}")
        if self.group not in (ALL, *PIPELINE.group_names):
            known_groups = ", ".join((ALL, *PIPELINE.group_names))
            raise ConfigError(f"no stage group is called {self.group!r}; there are: {known_groups}")
        if self.stage == ALL and (self.withdraws or self.shards not in EACH):
            raise ConfigError("force and a choice of shards belong to one stage: name it")

    @property
    def withdraws(self) -> bool:
        """Say whether markers of named shards are taken back, so that they are done again."""
        return self.force or self.shards == TRANSIENT

    def named(self, status: StageStatus) -> list[int]:
        """List the chosen shards of a stage; ConfigError for one that it does not have."""
        if self.stage not in (ALL, status.stage.name):
            return []
        if self.shards == TRANSIENT:
            return list(_transient(status))
        chosen = list(status.states) if self.shards in EACH else in_ranges(self.shards)
        beyond = [shard for shard in chosen if shard not in status.states]
        if beyond:
            raise ConfigError(
                f"stage {status.stage.name} has the shards 0 to {len(status.states) - 1};"
                f" there is no shard {as_ranges(beyond)}"
            )
        if self.force and self.shards != LACKING:
            return chosen
        redone = SETTLED - {ShardState.QUARANTINED} if self.force else SETTLED
        return [shard for shard in chosen if status.states[shard] not in redone]


def _transient(status: StageStatus) -> dict[int, int]:
    """Count the items of each shard that failed for now; the stage fetch notes them."""
    return status.outlines.counted("transient")


def plan(root: str, build: str, selection: Selection) -> Repair:
    """Work out a repair of one run, or of all under a root that are not in the corpus yet.

    `rows` tells state and reason by ranges of shards: those named, then what the same group lacks
    besides and does before its gate. `steps` are the batches of the named stage.
    """
    selection.check()
    runs = [Runs.at(build)] if build else Runs(root).changeable()
    plans = [plan_of(run, Planner(run), selection) for run in runs]
    return Repair(
        rows=tuple(row for each in plans for row in each.rows),
        steps=tuple(step for each in plans for step in each.steps),
        reasons=tuple(reason for each in plans for reason in each.reasons),
        hidden=tuple(hidden for each in plans for hidden in each.hidden),
    )


class States(Protocol):
    """Who knows the state of all shards of a run: every planner does."""

    def status(self, stage: Stage) -> StageStatus:
        """Give the state of all shards of a stage."""
        ...


def plan_of(run: Workspace, known: States, selection: Selection) -> Repair:
    """Work out a repair of one run from what is known of it; `plan` says what comes of it."""
    selection.check()
    rows: list[RepairRow] = []
    steps: list[RepairStep] = []
    reasons: list[RepairReason] = []
    for stage in run.stages():
        if selection.group in (ALL, stage.group):
            status = known.status(stage)
            named = selection.named(status)
            rest = sorted(set(status.unsettled) - set(named))
            named_rows = _rows(run, status, named, "named")
            rows += _tell_transient(named_rows, status, selection) if named else named_rows
            rows += _rows(run, status, rest, "then")
            reasons += _reasons(run, status, [*named, *rest])
            steps += _steps(run, status, named) if selection.stage == stage.name else []
    hidden = tuple(_hidden(run, known)) if rows else ()
    return Repair(tuple(rows), tuple(steps), tuple(reasons), hidden)


def _hidden(run: Workspace, known: States) -> Iterator[Hidden]:
    """Name the stages, of all groups, that wait for what is to be done again."""
    stages = [
        stage.name
        for stage in run.stages()
        if ShardState.WAITING in known.status(stage).states.values()
    ]
    if stages:
        yield Hidden(run.uri, tuple(stages))


def _reasons(run: Workspace, status: StageStatus, shards: list[int]) -> list[RepairReason]:
    """Give each reason in whole, with its shards: failures differ though their state does not."""
    alike: dict[tuple[ShardState, str], list[int]] = {}
    for shard in sorted(shards):
        state, note = status.states[shard], status.failures.get(shard)
        if state is not ShardState.WAITING:
            alike.setdefault((state, note.error if note else ""), []).append(shard)
    frequent = sorted(alike.items(), key=lambda item: -len(item[1]))[:MOST_REASONS]
    return [
        RepairReason(
            run.uri,
            status.stage.name,
            state,
            _why(run, status, state, numbers),
            shown(as_ranges(numbers)),
            len(numbers),
        )
        for (state, _), numbers in frequent
    ]


def _short(build: str) -> str:
    return "/".join(build.rsplit("/", 2)[1:])


def _rows(run: Workspace, status: StageStatus, shards: list[int], when: str) -> list[RepairRow]:
    by_state: dict[ShardState, list[int]] = {}
    for shard in shards:
        by_state.setdefault(status.states[shard], []).append(shard)
    return [
        RepairRow(
            build=run.uri,
            group=status.stage.group,
            stage=status.stage.name,
            when=when,
            state=state,
            shards=shown(as_ranges(numbers)),
            count=len(numbers),
            why=_why(run, status, state, numbers),
        )
        for state, numbers in by_state.items()
    ]


def _tell_transient(
    rows: list[RepairRow], status: StageStatus, selection: Selection
) -> list[RepairRow]:
    """Say of shards that are done why they are done again."""
    if selection.shards != TRANSIENT:
        return rows
    count = sum(_transient(status).values())
    why = f"{count} items failed for now: asked for again, all others kept as they are"
    return [replace(row, why=why) for row in rows]


def _why(run: Workspace, status: StageStatus, state: ShardState, shards: list[int]) -> str:
    notes = [status.failures[shard] for shard in shards if shard in status.failures]
    if state in (ShardState.FAILED, ShardState.QUARANTINED) and notes:
        return f"{WHY[state]} ({notes[0].failure_class}: {notes[0].error})"
    if state is ShardState.WAITING:
        reads = ", ".join(status.stage.reads)
        return f"{WHY[state]}: {reads}; stays as it is if that turns out the same"
    if state is ShardState.DAMAGED:
        commits = run.ledger(status.stage.name).find_each(shards).values()
        origins = sorted({commit.origin for commit in commits if commit.origin})
        return WHY[state] + (f"; adopted from {', '.join(origins)}" if origins else "")
    return WHY[state]


def _steps(run: Workspace, status: StageStatus, shards: list[int]) -> list[RepairStep]:
    """Give the batches of the named shards that can run: their inputs are there."""
    by_batch: dict[int, list[int]] = {}
    for shard in shards:
        if status.states[shard] is not ShardState.WAITING:
            by_batch.setdefault(batch_of(run, status.stage, shard), []).append(shard)
    return [
        RepairStep(run.uri, status.stage.name, batch, as_ranges(numbers))
        for batch, numbers in sorted(by_batch.items())
    ]


def withdraw(root: str, build: str, selection: Selection) -> Repair:
    """Plan a repair and take back markers and failure notes of the named shards, where asked."""
    repair = plan(root, build, selection)
    for step in repair.steps if selection.withdraws else ():
        ledger = Runs.at(step.build).ledger(step.stage)
        for shard in in_ranges(step.shards):
            ledger.withdraw(shard)
    return repair


def show(repair: Repair) -> None:
    """Print the plan for people."""
    from rich.table import Table

    console = terminal(180)
    if not repair.rows:
        console.print("nothing to repair: every shard is committed or quarantined")
        return
    for hidden in repair.hidden:
        console.print(hidden.words, highlight=False, markup=False)
    table = Table(title="what would run", title_justify="left")
    for name in ("run", "stage", "when", "state", "shards", "why"):
        table.add_column(name, overflow="fold")
    rows = [row for row in repair.rows if row.state is not ShardState.WAITING]
    for row in rows[:MOST_ROWS]:
        shards = f"{row.shards} ({row.count})"
        why = row.why if len(row.why) <= LONGEST else f"{row.why[:LONGEST]}…"
        table.add_row(_short(row.build), row.stage, row.when, row.state, shards, why)
    console.print(table)
    if len(rows) > MOST_ROWS:
        console.print(f"… and {len(rows) - MOST_ROWS} more; --page writes all of it")
