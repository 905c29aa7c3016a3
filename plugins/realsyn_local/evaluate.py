"""Evaluates a published version by a protocol, without Airflow: as many processes as cores.

Each command is what Airflow runs, too, so it goes on where it was stopped.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

from realsyn_local.build import console, data_plane
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.names import listed
from realsyn_tasks.evaluate import protocol
from realsyn_tasks.kinds import EVALUATION
from realsyn_tasks.stages import PIPELINE

Words = list[str]


def evaluate(form: Mapping[str, str], stages: Mapping[str, Any]) -> None:
    """Open an evaluation, run its group, and print its claims; BuildFailed if a step fails."""
    started = time.monotonic()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # each core has a process of its own
    side_by_side(preparations(form))
    words = [part for name, value in form.items() if value for part in (f"--{name}", value)]
    opened = data_plane(["open-evaluation", *words, "--options", json.dumps({"stages": stages})])
    run = str(opened["build"])
    for group in PIPELINE.groups_of(EVALUATION.name):
        batches = data_plane(["batches", group.name, "--build", run])
        for wave in waves(group.stages):
            side_by_side(list(_left(wave, batches, run)))
        data_plane(["gate", group.name, "--build", run])
        data_plane(["promote", group.name, "--build", run])
    data_plane(["evaluation", "--build", run])
    console.print(f"  took {time.monotonic() - started:.0f} s", highlight=False)
    console.print(f"  evaluation {run}", highlight=False, soft_wrap=True)


def preparations(form: Mapping[str, str]) -> list[Words]:
    """Give what makes models and evaluation sets; of sets that lie elsewhere, nothing is made."""
    if form.get("evaluation-sets"):
        return [["models"]]
    asked = protocol.read(form.get("protocol") or protocol.DEFAULT).sets
    left_out = listed(form.get("leave-out", ""))
    made = [name for name in asked if name not in left_out and _is_made_here(name)]
    return [["models"], *([["evaluation-sets", *made]] if made else [])]


def _is_made_here(name: str) -> bool:
    from realsyn_tasks.evaluate.evaluation_sets import describe

    return describe(name).made


def waves(stages: Sequence[Stage]) -> list[list[Stage]]:
    """Give the stages in turns: those of a turn need nothing of each other, only of turns before.

    The stages of a group stand in an order in which each comes after all that it needs.
    """
    turn: dict[str, int] = {}
    for stage in stages:
        before = [turn[name] for name in PIPELINE.needed(stage) if name in turn]
        turn[stage.name] = max(before, default=-1) + 1
    ordered = sorted(stages, key=lambda stage: turn[stage.name])
    return [list(wave) for _, wave in groupby(ordered, key=lambda stage: turn[stage.name])]


def _left(wave: Sequence[Stage], batches: Mapping[str, Any], run: str) -> Iterator[Words]:
    """Give the batches of some stages that have to run; a stage that is off has none."""
    for stage in wave:
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
