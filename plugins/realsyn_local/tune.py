"""Tunes the embedded language model on a build's pairs, without Airflow."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from realsyn_local.build import console, data_plane
from realsyn_local.turns import run_groups
from realsyn_tasks.kinds import TUNING

EXAMPLES, STEPS = 24, 12  # by the embedded model as its own teacher: docs/tuning.md, Measured


def tune(form: Mapping[str, str], stages: Mapping[str, Any]) -> None:
    """Open a tuning, run its group, and show how both models did; BuildFailed if a step fails."""
    started = time.monotonic()
    words = [part for name, value in form.items() if value for part in (f"--{name}", value)]
    opened = data_plane(["open-tuning", *words, "--options", json.dumps({"stages": stages})])
    run = str(opened["build"])
    promoted = run_groups(TUNING, run)
    _show(console, data_plane(["tuning", "--build", run]), promoted, time.monotonic() - started)


def _show(
    console: Console, tuning: Mapping[str, Any], promoted: Mapping[str, Any], seconds: float
) -> None:
    table = Table(title="The models on what was held out", title_justify="left")
    for name in ("", "untuned", "tuned", "difference, 95 %", "tasks"):
        table.add_column(name, justify="right" if name else "left")
    for row in tuning["measures"]:
        low, high = (_number(row[name]) for name in ("low", "high"))
        between = f"{low} to {high}" if row["low"] is not None else ""
        numbers = (_number(row["untuned"]), _number(row["tuned"]))
        table.add_row(row["measure"], *numbers, between, str(row["tasks"]))
    console.print()
    console.print(table)
    said = f"a gain: card {promoted['card']}" if promoted["gain"] else "no gain"
    if promoted["card"] and not promoted["gain"]:
        said += f"; registered all the same: card {promoted['card']}"
    console.print(f"  result   {said}", highlight=False)
    console.print(f"  examples {tuning['examples']}, steps {tuning['steps']}", highlight=False)
    console.print(f"  took     {seconds:.0f} s", highlight=False)
    console.print(f"  model    {promoted['uri']}", highlight=False, soft_wrap=True)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
