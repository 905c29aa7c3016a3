"""The page of shards: stage × shard as a grid, one cell opened, and the repair of a selection.

The grid's states come as letters (core.ledger_view.LETTERS) with how often each repeats, from what
is kept of the ledger in memory; everything else is read when a cell is opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.ledger_view import LETTERS, LedgerView, Snapshot, StageView
from realsyn_tasks.core.shards import as_ranges, in_ranges, shown
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.report import shard_record
from realsyn_tasks.runs import repairs
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.ledgers import LEDGERS

STATE_BY_LETTER = {letter: state for state, letter in LETTERS.items()}
LONGEST = 400  # characters of an error in a list
MOST_ERRORS = 200  # kinds of errors that are told
BAD = (ShardState.FAILED, ShardState.QUARANTINED)


def shards(root: str, *, build: str, since: int = 0) -> dict[str, Any]:
    """Give the states of all shards of a run, and what is wrong with some of them, by kind.

    Whoever has the snapshot `since` gets no more than that nothing has changed.
    """
    view = LEDGERS.of(root, build)
    snapshot = LEDGERS.snapshot(view)
    run = view.workspace
    looked = sum(stage.looked_at for stage in snapshot.stages.values())
    objects = {"looked_at": looked, "stages": len(snapshot.stages)}
    if snapshot.number == since:
        return {"number": since, "unchanged": True, "objects": objects}
    return {
        "number": snapshot.number,
        "unchanged": False,
        "objects": objects,
        "build": run.uri,
        "name": run.config.name,
        "kind": run.config.kind,
        "letters": STATE_BY_LETTER,
        "groups": [{"name": g.name, "promoted": _promoted(snapshot, g.name)} for g in run.groups],
        "stages": [_stage(stage) for stage in snapshot.stages.values()],
        "errors": list(_errors(view, snapshot))[:MOST_ERRORS],
    }


def _promoted(snapshot: Snapshot, group: str) -> bool:
    """Say whether a group is promoted just as it is now."""
    promotion = snapshot.promoted[group]
    mine = {n: s for n, s in snapshot.stages.items() if s.status.stage.group == group}
    return promotion is not None and all(
        promotion.stages.get(name) == stage.status.digest for name, stage in mine.items()
    )


def _stage(view: StageView) -> dict[str, Any]:
    stage = view.status.stage
    counts = Counter(view.letters)
    return {
        "name": stage.name,
        "group": stage.group,
        "axis": str(stage.axis),
        "reads": list(stage.reads),
        "shards": len(view.letters),
        "runs": view.runs,
        "counts": {STATE_BY_LETTER[letter]: n for letter, n in counts.items()},
        "running": [{"batch": n, **report.__dict__} for n, report in view.running.items()],
        "looked_at": view.looked_at,
    }


def _errors(view: LedgerView, snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    """Give what is wrong with shards, those of a stage, state, class and kind of error together."""
    for stage in snapshot.stages.values():
        together: dict[tuple[str, str, str], list[int]] = {}
        for shard, note in sorted(stage.status.failures.items()):
            if (state := stage.status.states.get(shard)) in BAD:
                kind = note.error.partition(":")[0]
                together.setdefault((state.value, note.failure_class, kind), []).append(shard)
        for (word, failure_class, _), numbers in together.items():
            error = stage.status.failures[numbers[0]].error
            yield _wrong(stage, word, failure_class, error, numbers)
        for state in (ShardState.DAMAGED, ShardState.STALE):
            letter = LETTERS[state.value]
            if numbers := [n for n, each in enumerate(stage.letters) if each == letter]:
                yield _wrong(stage, state.value, "", _why(view, stage, numbers[0]), numbers)


def _wrong(
    stage: StageView, state: str, failure_class: str, error: str, numbers: list[int]
) -> dict[str, Any]:
    return {
        "stage": stage.status.stage.name,
        "state": state,
        "failure_class": failure_class,
        "error": error[:LONGEST],
        "shards": as_ranges(numbers),
        "count": len(numbers),
    }


def _why(view: LedgerView, stage: StageView, shard: int) -> str:
    known = stage.status.stage
    commit = view.workspace.ledger(known.name).find(shard)
    return "; ".join(shard_record.why(view.workspace, view.planner, known, shard, commit))


def shards_look(root: str, *, build: str) -> dict[str, Any]:
    """Let the objects of all shards be looked at again; what is damaged shows in the grid."""
    view = LEDGERS.of(root, build)
    view.look_again()
    return {"looking": not LEDGERS.snapshot(view).looked_at}


def shard(root: str, *, build: str, stage: str, shard: int) -> dict[str, Any]:
    """Give all that is known of one shard: its marker, its error, what it reads, why it waits."""
    view, known = _cell(root, build, stage, shard)
    letter = LEDGERS.snapshot(view).stages[stage].letters[shard]
    told = shard_record.record(view.workspace, view.planner, known, shard)
    return {**told, "shown_as": STATE_BY_LETTER[letter]}


def shard_log(root: str, *, build: str, stage: str, shard: int) -> dict[str, Any]:
    """Give what the newest tries at a shard's batch noted, the newest first."""
    view, known = _cell(root, build, stage, shard)
    return {"tries": shard_record.logs(view.workspace, known, shard)}


def shard_drops(
    root: str, *, build: str, stage: str, shard: int, kind: str = "", reason: str = ""
) -> dict[str, Any]:
    """Give the first items that a shard dropped, of one kind and reason if named."""
    view, known = _cell(root, build, stage, shard)
    return {"rows": shard_record.dropped(view.workspace, known, shard, kind, reason)}


def _cell(root: str, build: str, stage: str, shard: int) -> tuple[LedgerView, Stage]:
    view = LEDGERS.of(root, build)
    known = LEDGERS.snapshot(view).stages
    if stage not in known:
        raise Unknown(f"{build} has no stage {stage!r}; it has: {', '.join(known)}")
    if not 0 <= shard < len(known[stage].letters):
        raise Unknown(f"{stage} has the shards 0 to {len(known[stage].letters) - 1}, not {shard}")
    return view, known[stage].status.stage


def shards_repair(
    root: str,
    *,
    build: str,
    stage: str = repairs.ALL,
    shards: str = repairs.LACKING,
    force: bool = False,
    group: str = repairs.ALL,
) -> dict[str, Any]:
    """Plan a repair: what would run and why, and the words of realsyn_backfill's form for it."""
    view = LEDGERS.of(root, build)
    LEDGERS.snapshot(view)
    selection = repairs.Selection(group, stage, shards, force)
    plan = repairs.plan_of(view.workspace, view.planner, selection)
    form = {"group": group, "stage": stage, "shards": shards, "force": force, "finish": True}
    return {
        "conf": {"root": root, "build": view.workspace.uri, **form, "dry_run": False},
        "shards": plan.shards,
        "rows": [{**row.__dict__, "state": row.state.value} for row in plan.rows],
        "batches": len(plan.steps),
        "hidden": [hidden.words for hidden in plan.hidden],
        "left_out": shown(as_ranges(_settled(view, selection))),
    }


def _settled(view: LedgerView, selection: repairs.Selection) -> list[int]:
    """List the named shards that nothing has to be done for."""
    if selection.stage == repairs.ALL or selection.shards in repairs.EACH:
        return []
    status = view.planner.status(view.workspace.pipeline.stage(selection.stage))
    return sorted(set(in_ranges(selection.shards)) - set(selection.named(status)))


def shard_runs(root: str) -> dict[str, Any]:
    """List the runs of a root by kind and name, without a look into them."""
    storage = Storage.at(root)
    folders = [(kind.name, f) for kind in PIPELINE.kinds for f in storage.folders(kind.folder)]
    runs = [{"kind": kind, "build": f"{storage.uri}/{folder}"} for kind, folder in folders]
    return {"runs": runs}


VIEWS = (shards, shard_runs, shards_look, shard, shard_log, shard_drops, shards_repair)
