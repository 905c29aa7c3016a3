"""The way of an item as steps: what each stage of each run added, held it against, or said."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from realsyn_tasks.core.commits import DROPPED
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report.filters import Filter, filters_of
from realsyn_tasks.report.item_fates import DATASET, GENERATION, TAKEDOWN, thresholds
from realsyn_tasks.report.item_rows import Event

BEYOND = (DATASET, GENERATION, TAKEDOWN)
APART = ("context", "text1", "text2", "text3")  # what has its own place on a page
EXACT = 1 << 53  # the largest whole number that a browser tells from the next
Step = dict[str, Any]


def steps_of(runs: Mapping[str, Workspace], way: Sequence[Event]) -> list[Step]:
    """Give a step for each stage that has a row or a drop of an item, in order.

    `values` are those that no step before had, `checks` the filters of the stage that it passed.
    """
    steps, known = list[Step](), dict[str, Any]()
    filters = {folder: filters_of(run) for folder, run in runs.items()}
    for (folder, stage, shard), several in groupby(way, key=_place):
        events = list(several)
        run = runs.get(folder)
        drop = next((event for event in events if event["table"] == DROPPED), None)
        kept = [event for event in events if event["table"] != DROPPED]
        steps.append(
            {
                "run": folder,
                "stage": stage,
                "group": "" if stage in BEYOND else events[0]["group"],
                "shard": shard,
                "state": _state(stage, drop, kept),
                "tables": sorted({event["table"] for event in events}),
                "rows": len(kept),
                "values": _values(_single(kept), known),
                "says": [line for event in kept[:1] for line in event["says"]],
                "checks": [] if drop else _checks(filters.get(folder, ()), stage),
                "models": _models(run, events[0]) if stage not in BEYOND else [],
                "drop": _drop(run, drop) if drop else None,
            }
        )
    return steps


def _place(event: Event) -> tuple[str, str, int]:
    return event["run"], event["stage"], event["shard"]


def _state(stage: str, drop: Event | None, kept: Sequence[Event]) -> str:
    if stage == DATASET:
        return "published"
    return "dropped" if stage == TAKEDOWN or (drop and not kept) else "kept"


def _single(events: Sequence[Event]) -> list[Event]:
    """Leave out tables with several rows of the item, which are lists of something else."""
    counts = Counter(event["table"] for event in events)
    return [event for event in events if counts[event["table"]] == 1]


def plain(value: Any) -> Any:
    """Give a value as JSON for browsers can have it."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, int) and abs(value) > EXACT else value


def _values(events: Iterable[Event], known: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what is new in some rows; adds it to what is known."""
    new: dict[str, Any] = {}
    for event in events:
        for name, value in event["row"].items():
            if value not in (None, "", []) and known.get(name) != value and name not in APART:
                new.setdefault(name, value)
    known |= new
    return [{"name": name, "value": value} for name, value in new.items()]


def _checks(filters: Iterable[Filter], stage: str) -> list[dict[str, Any]]:
    return [
        {"reasons": list(each.reasons), "settings": each.settings}
        for each in filters
        if each.on and each.stage == stage and each.settings
    ]


def _models(run: Workspace | None, event: Event) -> list[dict[str, str]]:
    known = run.config.models if run else {}
    return [
        {
            "kind": kind,
            "name": known[kind].name if kind in known else kind,
            "identity": identity,
            "card": known[kind].card if kind in known else "",
        }
        for kind, identity in sorted(event.get("models", {}).items())
    ]


def _drop(run: Workspace | None, event: Event) -> dict[str, Any]:
    row = event["row"]
    limits = thresholds(run, event["group"], event["stage"], row["reason"]) if run else {}
    return {
        "reason": row["reason"],
        "words": event["words"],
        "detail": row["detail"],
        "thresholds": limits,
    }
