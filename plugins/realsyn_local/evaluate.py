"""Evaluates a published version by a protocol, without Airflow: as many processes as cores."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from realsyn_local.build import console, data_plane
from realsyn_local.turns import THREADS, Words, run_groups, side_by_side
from realsyn_tasks.core.names import listed
from realsyn_tasks.evaluate import protocol
from realsyn_tasks.kinds import EVALUATION


def evaluate(form: Mapping[str, str], stages: Mapping[str, Any]) -> None:
    """Open an evaluation, run its group, and print its claims; BuildFailed if a step fails."""
    started = time.monotonic()
    os.environ.setdefault(THREADS, "1")  # each core has a process of its own
    side_by_side(preparations(form))
    words = [part for name, value in form.items() if value for part in (f"--{name}", value)]
    opened = data_plane(["open-evaluation", *words, "--options", json.dumps({"stages": stages})])
    run = str(opened["build"])
    run_groups(EVALUATION, run)
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
