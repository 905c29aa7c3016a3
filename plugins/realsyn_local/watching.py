"""Watches a build: one line for every stage that ends, and one that says what is going on."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.status import Status

from realsyn_airflow.naming import triggered_run_id
from realsyn_local.api import Api
from realsyn_tasks.stages import PIPELINE

BUILD = "realsyn_build"
PAUSE = 1.5  # seconds between looks
WORK = {stage.name for stage in PIPELINE.stages} | {"open", "scan", "gate", "approval", "promote"}
ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
BUSY = {"running", "queued", "scheduled", "up_for_retry", "awaiting_input"}


class Watch:
    """Follows a build's run and those of its stage groups."""

    def __init__(self, api: Api, run: str, console: Console) -> None:
        self._api = api
        self._run = run
        self._console = console
        self._shown: set[tuple[str, str]] = set()
        self._child = triggered_run_id(BUILD, run)
        self.seconds: dict[str, float] = {}

    def until_done(self) -> str:
        """Follow the build to its end; give its final state."""
        with self._console.status("starting") as status:
            while True:
                state = self._api.state(BUILD, self._run)
                self._look(status)
                if state not in ("queued", "running", "none"):
                    return state
                time.sleep(PAUSE)

    def _look(self, status: Status) -> None:
        busy = [
            line
            for group in self._groups_under_way()
            for line in self._look_at(group, self._tasks(group))
        ]
        status.update("; ".join(busy) or "between stages")

    def _groups_under_way(self) -> list[str]:
        boxes = {task["task_id"]: task["state"] for task in self._api.tasks(BUILD, self._run)}
        return [
            group
            for group in PIPELINE.groups
            if boxes.get(group) in BUSY | ENDED - {"skipped"} and (group, "") not in self._shown
        ]

    def _tasks(self, group: str) -> list[dict[str, Any]]:
        if self._api.state(f"realsyn_{group}", self._child) == "none":
            return []
        return self._api.tasks(f"realsyn_{group}", self._child)

    def _look_at(self, group: str, tasks: list[dict[str, Any]]) -> list[str]:
        """Print what ended since the last look; give what is going on."""
        by_stage = _by_stage(tasks)
        for name, batches in by_stage.items():
            if (group, name) not in self._shown and _all_ended(batches):
                self._shown.add((group, name))
                self._print(group, name, batches)
        if tasks and all(task["state"] in ENDED for task in tasks):
            self._shown.add((group, ""))
        return [_going_on(name, batches) for name, batches in by_stage.items() if _busy(batches)]

    def _print(self, group: str, name: str, batches: list[dict[str, Any]]) -> None:
        states = [batch["state"] for batch in batches]
        if set(states) <= {"skipped", "upstream_failed"}:
            return
        took = _seconds(batches)
        self.seconds[name] = took
        failed = states.count("failed")
        note = f"[red]{failed} of {len(states)} failed[/red]" if failed else f"{took:6.1f} s"
        count = f" ({len(states)} batches)" if len(states) > 1 else ""
        self._console.print(f"  {group:<11} {name + count:<34} {note}", highlight=False)

    def failures(self) -> list[tuple[dict[str, Any], str]]:
        """Give the tasks that failed, each with what it said.

        A box of the build counts only if no run came of it; else the run's own tasks tell more.
        """
        failed: list[dict[str, Any]] = []
        for box in self._api.tasks(BUILD, self._run):
            inside = self._tasks(box["task_id"]) if box["task_id"] in PIPELINE.groups else []
            failed += [task for task in inside or [box] if task["state"] == "failed"]
        return [(task, self._api.error(task)) for task in failed]

    def returned(self, task_id: str) -> Any:
        """Give what a task of the build itself returned."""
        for task in self._api.tasks(BUILD, self._run):
            if task["task_id"] == task_id:
                return self._api.xcom(task)
        return None


def _by_stage(tasks: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for task in sorted(tasks, key=lambda task: task["start_date"] or "~"):
        name = task["task_id"].rsplit(".", 1)[-1]
        stands_for_list = task["task_id"].startswith("plan.") and name != "scan"
        if name in WORK and not stands_for_list:
            found[name].append(task)
    return dict(found)


def _all_ended(batches: list[dict[str, Any]]) -> bool:
    return all(batch["state"] in ENDED for batch in batches)


def _busy(batches: list[dict[str, Any]]) -> bool:
    return any(batch["state"] in BUSY for batch in batches)


def _going_on(name: str, batches: list[dict[str, Any]]) -> str:
    done = sum(batch["state"] in ENDED for batch in batches)
    waits = any(batch["state"] == "awaiting_input" for batch in batches)
    count = f" {done}/{len(batches)}" if len(batches) > 1 else ""
    return f"{name}{count}" + (": waiting for a person in the UI" if waits else "")


def _seconds(batches: list[dict[str, Any]]) -> float:
    starts = [datetime.fromisoformat(b["start_date"]) for b in batches if b["start_date"]]
    ends = [datetime.fromisoformat(b["end_date"]) for b in batches if b["end_date"]]
    return (max(ends) - min(starts)).total_seconds() if starts and ends else 0.0
