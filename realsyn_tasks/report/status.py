"""The ledger of a run as a table: what is done, what is not, and when it probably will be."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

from realsyn_tasks.core.planner import Planner, ShardState, StageStatus
from realsyn_tasks.core.workspace import Workspace


def status(workspace: Workspace) -> dict[str, Any]:
    """Give the state of every stage of a run: shards by state, rows, drops, CPU seconds."""
    planner = Planner(workspace)
    stages = [_stage(workspace, planner.status(stage)) for stage in workspace.stages()]
    done = all(stage["left"] == 0 for stage in stages)
    return {"build": workspace.uri, "complete": done, "stages": stages}


def _stage(workspace: Workspace, found: StageStatus) -> dict[str, Any]:
    commits = found.commits.values()
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
        "cpu_seconds": round(sum(commit.cost.get("cpu_seconds", 0.0) for commit in commits), 1),
        "seconds_left": _left(workspace, found) if found.unsettled else 0.0,
    }


def _left(workspace: Workspace, found: StageStatus) -> float | None:
    """Estimate from what running batches last reported, else from what shards took so far."""
    reports: list[dict[str, float]] = []
    for path, _ in workspace.storage.listing(f"{workspace.folder}/{found.stage.name}/_progress"):
        if path.endswith(".json") and not path.rsplit("/", 1)[-1].startswith("."):
            reports.append(json.loads(workspace.storage.read(path)))
    running = [report["left"] for report in reports if report["done"] < report["shards"]]
    if running:
        return round(max(running), 1)
    took = [commit.cost.get("seconds", 0.0) for commit in found.commits.values()]
    return round(sum(took) / len(took) * len(found.unsettled), 1) if took else None


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
    for stage in found["stages"]:
        if stage["error"]:
            classes = ", ".join(f"{count} {name}" for name, count in stage["failures"].items())
            console.print(f"{stage['stage']} ({classes}): {stage['error']}", markup=False)


def _eta(stage: dict[str, Any]) -> str:
    if not stage["left"]:
        return ""
    return "?" if stage["seconds_left"] is None else f"{stage['seconds_left']:.0f} s"
