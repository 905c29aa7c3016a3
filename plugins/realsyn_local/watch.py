"""Watches a build: a line for every stage that ends, and one that says what is going on."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from rich.console import Console

from realsyn_local import progress
from realsyn_local.api import Api
from realsyn_tasks.stages import PIPELINE

BUILD = "realsyn_build"
PAUSE = 1.5  # seconds between looks
UNSEEN = 8.0  # the same where there is no terminal: each look is half a dozen questions to Airflow
REMINDER = 20.0  # seconds between words on what is going on, where there is no terminal
STEPS = ("open", "scan", "gate", "approval", "promote")
ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
BUSY = {"running", "queued", "scheduled", "deferred", "up_for_retry", "awaiting_input"}
Task = dict[str, Any]  # a task instance, as the REST API gives it


class Box(NamedTuple):
    """One box of a build: a stage group, and which build it is for; -1 for what there is one of."""

    group: str
    number: int

    def __str__(self) -> str:
        return f"{self.group} {self.number + 1}" if self.number > 0 else self.group


class Watch:
    """Follows a build's run and those of its stage groups."""

    def __init__(self, api: Api, run: str, console: Console) -> None:
        self._api = api
        self._run = run
        self._console = console
        self._shown: set[tuple[Box, str]] = set()
        self._builds: dict[Box, str] = {}
        self._children: dict[Box, str] = {}  # the runs behind boxes, once they were started
        self._rest = progress.Rest()
        self._reminded = time.monotonic()

    def until_done(self) -> str:
        """Follow the build to its end; give its final state."""
        with self._console.status("starting") as status:
            while True:
                state = self._api.state(BUILD, self._run)
                going_on = "; ".join(self._look()) or "between stages"
                status.update(going_on)
                self._remind(going_on)
                if state not in ("queued", "running", "none"):
                    return state
                time.sleep(PAUSE if self._console.is_terminal else UNSEEN)

    def failures(self) -> list[tuple[Task, str]]:
        """Give the tasks that failed, each with what it said.

        A box of the build counts only if no run came of it; else the run's own tasks tell more.
        """
        failed: list[Task] = []
        for task in self._api.tasks(BUILD, self._run):
            box = _box_of(task)
            inside = self._inside(box, task) if box else []
            failed += [task for task in inside or [task] if task["state"] == "failed"]
        return [(task, self._api.error(task)) for task in failed]

    def returned(self, task_id: str) -> Any:
        """Give what a task of the build itself returned."""
        for task in self._api.tasks(BUILD, self._run):
            if task["task_id"] == task_id:
                return self._api.xcom(task)
        return None

    def _remind(self, going_on: str) -> None:
        """Say now and then what takes long, where no status line can be kept up to date."""
        now = time.monotonic()
        if not self._console.is_terminal and now - self._reminded >= REMINDER:
            self._reminded = now
            self._console.print(f"  ... {going_on}", highlight=False, soft_wrap=True)

    def _look(self) -> list[str]:
        """Print what ended since the last look; give what is going on."""
        under_way = BUSY | ENDED - {"skipped"}
        tasks = [t for t in self._api.tasks(BUILD, self._run) if t["state"] in under_way]
        boxes = {box: task for task in tasks if (box := _box_of(task))}
        left = [box for box in boxes if (box, "") not in self._shown]
        ordered = sorted(left, key=lambda box: (PIPELINE.group_names.index(box.group), box.number))
        return [
            line for box in ordered for line in self._look_at(box, self._inside(box, boxes[box]))
        ]

    def _inside(self, box: Box, task: Task) -> list[Task]:
        """Give the tasks of the run behind a box; none before it was started."""
        if box not in self._children:
            child = self._api.xcom(task, "trigger_run_id")
            if not child:
                return []
            self._children[box] = str(child)
        return self._api.tasks(f"realsyn_{box.group}", self._children[box])

    def _look_at(self, box: Box, tasks: list[Task]) -> list[str]:
        steps = _by_step(tasks)
        for name, batches in steps.items():
            if (box, name) not in self._shown and _are_all(ENDED, batches):
                self._shown.add((box, name))
                self._print(box, name, batches)
        if tasks and _are_all(ENDED, tasks):
            self._shown.add((box, ""))
        busy = {name: running for name, running in steps.items() if not _are_all(ENDED, running)}
        return [
            self._going_on(box, name, batches, tasks)
            for name, batches in busy.items()
            if any(batch["state"] in BUSY for batch in batches)
        ]

    def _print(self, box: Box, name: str, batches: list[Task]) -> None:
        states = [batch["state"] for batch in batches]
        if set(states) <= {"skipped", "upstream_failed"}:
            return
        failed = states.count("failed")
        took = f"{_seconds(batches):6.1f} s"
        note = f"[red]{failed} of {len(states)} failed[/red]" if failed else took
        count = f" ({len(states)} batches)" if len(states) > 1 else ""
        self._console.print(
            f"  {box!s:<11} {name + count:<34} {note}", highlight=False, soft_wrap=True
        )

    def _going_on(self, box: Box, name: str, batches: list[Task], tasks: list[Task]) -> str:
        if any(batch["state"] == "awaiting_input" for batch in batches):
            return f"{box} {name}: waiting for a person in the UI"
        build = self._build(box, tasks)
        far = progress.of_stage(build, name, len(batches), _begun(batches)) if build else None
        rest = self._rest.of(build) if far else ""
        return f"{box} {name}" + (f" {far}" if far else "") + (f" ({rest})" if rest else "")

    def _build(self, box: Box, tasks: list[Task]) -> str:
        """Give the URI of the run that a group works on, once it is open."""
        if box not in self._builds:
            own = [task for task in tasks if task["task_id"] == "open"]
            uri = self._api.xcom(own[0]) if own else self._opened(max(0, box.number))
            if not uri:
                return ""
            self._builds[box] = uri
        return self._builds[box]

    def _opened(self, number: int) -> str:
        """Give the URI of one of the builds that were opened, once they are."""
        builds = self.returned("open") or []
        return str(builds[number]["build"]) if number < len(builds) else ""


def _box_of(task: Task) -> Box | None:
    """Give the box that a task of the build is, if it is one."""
    known = task["task_id"] in PIPELINE.group_names
    return Box(task["task_id"], task.get("map_index", -1)) if known else None


def _by_step(tasks: Iterable[Task]) -> dict[str, list[Task]]:
    """Gather the batches of each step; the tasks that stand for lists are left out."""
    batches: dict[str, list[Task]] = defaultdict(list)
    for task in sorted(tasks, key=lambda task: task["start_date"] or "~"):
        folder, _, name = task["task_id"].rpartition(".")
        if folder == "stages" or name in STEPS:
            batches[name].append(task)
    return dict(batches)


def _are_all(states: set[str], tasks: Iterable[Task]) -> bool:
    return all(task["state"] in states for task in tasks)


def _begun(batches: list[Task]) -> float:
    """Give when the first batch began, in seconds since 1970."""
    starts = [datetime.fromisoformat(b["start_date"]) for b in batches if b["start_date"]]
    return min(starts).timestamp() if starts else float("inf")


def _seconds(batches: list[Task]) -> float:
    starts = [datetime.fromisoformat(b["start_date"]) for b in batches if b["start_date"]]
    ends = [datetime.fromisoformat(b["end_date"]) for b in batches if b["end_date"]]
    return (max(ends) - min(starts)).total_seconds() if starts and ends else 0.0
