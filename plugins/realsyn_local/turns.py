"""Runs the stages of a run without Airflow: in turns, and those of a turn side by side.

Each command is what Airflow runs, too, so it goes on where it was stopped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import Any

from realsyn_local.build import data_plane
from realsyn_tasks.core.declaration import Kind, Stage
from realsyn_tasks.stages import PIPELINE

Words = list[str]
THREADS = "OMP_NUM_THREADS"


def run_groups(kind: Kind, run: str) -> dict[str, Any]:
    """Run, check and promote all groups of a kind of run; give what the last promotion says.

    Raises BuildFailed if a step fails.
    """
    promoted: dict[str, Any] = {}
    for group in PIPELINE.groups_of(kind.name):
        batches = data_plane(["batches", group.name, "--build", run])
        for turn in turns(group.stages):
            commands = list(due(turn, batches, run))
            side_by_side(commands, partial(data_plane, threads=threads_of_each(len(commands))))
        data_plane(["gate", group.name, "--build", run])
        promoted = data_plane(["promote", group.name, "--build", run])
    return promoted


def threads_of_each(commands: int) -> int:
    """Deal the cores out to commands that run at once, unless OMP_NUM_THREADS says how many."""
    dealt = max(1, (os.cpu_count() or 1) // max(1, commands))
    return int(os.environ.get(THREADS) or dealt)


def turns(stages: Sequence[Stage]) -> list[list[Stage]]:
    """Give the stages in turns: those of a turn need nothing of each other, only of turns before.

    The stages of a group stand in an order in which each comes after all that it needs.
    """
    turn: dict[str, int] = {}
    for stage in stages:
        before = [turn[name] for name in PIPELINE.needed(stage) if name in turn]
        turn[stage.name] = max(before, default=-1) + 1
    ordered = sorted(stages, key=lambda stage: turn[stage.name])
    return [list(each) for _, each in groupby(ordered, key=lambda stage: turn[stage.name])]


def due(turn: Sequence[Stage], batches: Mapping[str, Any], run: str) -> Iterator[Words]:
    """Give the batches of some stages that have to run; a stage that is off has none."""
    for stage in turn:
        for batch in batches.get(stage.name, ()):
            yield ["run", stage.name, "--build", run, "--batch", str(batch)]


def side_by_side(
    commands: Sequence[Words], act: Callable[[Words], Any] = data_plane, at_once: int = 0
) -> None:
    """Run commands of the data plane, one for each core at once; the first that fails is told.

    After a failure or Ctrl-C no other one begins.
    """
    with ThreadPoolExecutor(at_once or os.cpu_count() or 1) as pool:
        running = [pool.submit(act, words) for words in commands]
        try:
            for each in running:
                each.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
