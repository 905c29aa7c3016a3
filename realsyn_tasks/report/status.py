"""The ledger of a run as a table: what is done, what is not, and when it probably will be."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from realsyn_tasks.core import reuse
from realsyn_tasks.core.answers import SETTLED, UNDONE, ShardState, StageStatus
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.planner import Planner, shards_of
from realsyn_tasks.core.workspace import Workspace


def status(workspace: Workspace, quick: bool = False) -> dict[str, Any]:
    """Give the state of every stage of a run: shards by state, rows, drops, CPU seconds.

    Reads only, so it may be asked while a build is running. `quick` believes markers, without a
    look at each object.
    """
    planner = Planner(workspace, objects=not quick)
    stages = [
        {**_stage(workspace, found), "adoptable": len(_adoptable(workspace, planner, found))}
        for found in map(planner.status, workspace.stages())
    ]
    done = all(stage["left"] == 0 for stage in stages)
    follows = workspace.config.earlier
    return {"build": workspace.uri, "complete": done, "follows": follows, "stages": stages}


def _adoptable(workspace: Workspace, planner: Planner, found: StageStatus) -> dict[int, Commit]:
    """Find the shards that are due, and that the build which this one follows has just so."""
    due = [shard for shard, state in found.states.items() if state in UNDONE]
    return reuse.adoptable(workspace, planner, found.stage, due)


def _stage(workspace: Workspace, found: StageStatus) -> dict[str, Any]:
    commits = found.commits.values()
    own = [commit for commit in commits if not commit.origin]
    states = Counter(state.value for state in found.states.values())
    failures = [note for shard, note in found.failures.items() if shard not in found.commits]
    return {
        "stage": found.stage.name,
        "group": found.stage.group,
        "shards": len(found.states),
        "left": len(found.unsettled),
        "states": dict(sorted(states.items())),
        "failures": dict(sorted(Counter(note.failure_class for note in failures).items())),
        "error": failures[0].error if failures else "",
        "rows": sum(sum(commit.rows.values()) for commit in commits),
        "dropped": sum(
            n for c in commits for reasons in c.dropped.values() for n in reasons.values()
        ),
        "cpu_seconds": round(sum(c.cost.get("cpu_seconds", 0.0) for c in own), 1),
        "adopted": len(commits) - len(own),
        "grown": sum(bool(commit.cost.get("reused_shards")) for commit in own),
        **_left(workspace, found),
    }


def _left(workspace: Workspace, found: StageStatus) -> dict[str, Any]:
    """Estimate how long the rest takes; None where there is nothing to estimate from.

    A shard takes what those of the batches at work took lately, or else what the committed ones
    took; and as many batches go on at once as are at work now.
    """
    count = len(found.unsettled)
    if not count:
        return {"running": 0, "seconds_left": 0.0}
    running = _at_work(workspace, found)
    lately = [report["elapsed"] / report["done"] for report in running if report["done"]]
    own = [commit for commit in found.commits.values() if not commit.origin]
    took = [commit.cost.get("seconds", 0.0) for commit in own]
    known = lately or took
    seconds = sum(known) / len(known) * count / max(1, len(running)) if known else None
    left = None if seconds is None else round(seconds, 1)
    return {"running": len(running), "seconds_left": left}


def _at_work(workspace: Workspace, found: StageStatus) -> list[dict[str, float]]:
    """Read what batches reported that have shards left, and have not settled them since."""
    folder = f"{workspace.folder}/{found.stage.name}/_progress"
    reports: list[dict[str, float]] = []
    for path, data in workspace.storage.read_folder(folder).items():
        batch = path.removeprefix(f"{folder}/").removesuffix(".json")
        with suppress(ValueError, KeyError):
            report = json.loads(data)
            shards = shards_of(workspace, found.stage, int(batch))
            unsettled = any(found.states.get(shard) not in SETTLED for shard in shards)
            if report["done"] < report["shards"] and unsettled:
                reports.append(report)
    return reports


def show(found: dict[str, Any]) -> None:
    """Print the table for people on standard error."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=found["build"], title_justify="left")
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
    for stage in found["stages"]:
        states = [str(stage["states"].get(state.value, "")) for state in ShardState]
        numbers = [f"{stage['rows']:,}", f"{stage['dropped']:,}", f"{stage['cpu_seconds']:.1f}"]
        table.add_row(stage["stage"], str(stage["shards"]), *states, *numbers, _eta(stage))
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 160)
    console.print(table)
    for line in _reused(found):
        console.print(line, markup=False, highlight=False)
    for stage in found["stages"]:
        if stage["error"]:
            classes = ", ".join(f"{count} {name}" for name, count in stage["failures"].items())
            console.print(f"{stage['stage']} ({classes}): {stage['error']}", markup=False)


def _reused(found: dict[str, Any]) -> Iterator[str]:
    """Say what is not done again, because the build that this one follows has done it."""
    for stage in found["stages"]:
        parts = [f"{stage['adopted']} adopted", f"{stage['adoptable']} due to be adopted"]
        parts.append(f"{stage['grown']} grown from what it found")
        counts = (stage["adopted"], stage["adoptable"], stage["grown"])
        said = [part for part, count in zip(parts, counts, strict=True) if count]
        if said:
            yield f"{stage['stage']}: of build {found['follows']}, shards {', '.join(said)}"


def _eta(stage: dict[str, Any]) -> str:
    if not stage["left"]:
        return ""
    return "" if stage["seconds_left"] is None else f"{stage['seconds_left']:.0f} s"
