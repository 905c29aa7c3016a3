"""A model card for each checkpoint that an evaluation kept, in the run's folder.

{run}/_models/00012.md     of trial 12: what it was trained with, and what its arm measured
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.evaluate.outcome import checkpoints, outcome
from realsyn_tasks.report import evaluated
from realsyn_tasks.report.card import cell, quoted, settings
from realsyn_tasks.report.evaluated import Outcome
from realsyn_tasks.report.page import environment

FOLDER = "_models"
TASKS = {"zero_shot": "zero-shot-image-classification", "linear_probe": "image-classification"}
RETRIEVAL = "image-text-retrieval"


def describe(run: Workspace) -> list[str]:
    """Write the cards; give the paths of those that are new or changed."""
    kept = checkpoints(run)
    if not kept:
        return []
    result = outcome(run)
    cards = {f"{run.folder}/{path_of(each)}": render(result, each).encode() for each in kept}
    stored = run.storage.read_each(list(cards))
    changed = [path for path, data in zip(cards, stored, strict=True) if data != cards[path]]
    for path in changed:
        run.storage.replace(path, cards[path])
    return changed


def path_of(checkpoint: Mapping[str, Any]) -> str:
    """Name the card of a checkpoint in the run's folder."""
    return f"{FOLDER}/{checkpoint['trial']:05d}.md"


def render(result: Outcome, checkpoint: Mapping[str, Any]) -> str:
    """Give the card of a checkpoint; the same outcome gives the same bytes."""
    made = environment(autoescape=False)
    made.filters |= {"cell": cell, "quoted": quoted, "json": settings, "share": evaluated.share}
    arm: Outcome = next((each for each in result["arms"] if each["arm"] == checkpoint["arm"]), {})
    version: Outcome = next(
        (each for each in result["versions"] if each["version"] == checkpoint["version"]), {}
    )
    return str(
        made.get_template("MODEL_CARD.md").render(
            result=result,
            model=checkpoint,
            arm=arm,
            version=version,
            rows=_measured(result, checkpoint),
            task_of=task_of,
            measure_name=evaluated.measure_name,
            set_name=evaluated.set_name,
        )
    )


def _measured(result: Outcome, checkpoint: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give what the checkpoint's arm measured, on each set."""
    place = (checkpoint["version"], checkpoint["arm"])
    rows = [row for row in result["measures"] if (row["version"], row["arm"]) == place]
    return [row for row in rows if row["value"] is not None]


def task_of(measure: str) -> str:
    """Say in Hugging Face's words what a measure is of."""
    return TASKS.get(measure, RETRIEVAL)
