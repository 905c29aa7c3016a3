"""Rows of the table of tasks, and of published pairs."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.sample.schemas import PUBLISHED_PAIRS
from realsyn_tasks.tune import schemas
from realsyn_tasks.tune.ask_teacher import COLUMNS
from tests.support import FakeInputs

Row = dict[str, Any]
PUBLISHED = pa.schema([PUBLISHED_PAIRS.field(name) for name in COLUMNS])
THINGS = ("lamp", "boat", "bridge", "garden", "kettle", "tower", "violin", "lantern")


def task(number: int, **changes: Any) -> Row:
    """A task with an answer, as the teacher's stage leaves it."""
    thing = THINGS[number % len(THINGS)]
    row: Row = {
        "task_id": f"{number:032x}-1",
        "key": f"{number:010d}",
        "image_id": f"{number:032x}",
        "place": number,
        "held_out": False,
        "source": 1,
        "sentence": f"The old {thing} of house {number} stands near the quiet river.",
        "caption": f"A {thing}.",
        "tags": [],
        "prompt": "caption",
        "answer": f"A {thing} that stands near the quiet river by house {number}.",
        "answered": "detail",
        "relevance": 1.0,
        "asked": 2,
    }
    return row | changes


def table(rows: Sequence[Row]) -> pa.Table:
    return tables.from_rows(schemas.TASKS, rows)


def asked(*shards: Sequence[Row]) -> FakeInputs:
    """What the teacher's stage left, shard by shard."""
    return FakeInputs(tables={("ask_teacher", "tasks"): [table(rows) for rows in shards]})


def pair(number: int, **changes: Any) -> Row:
    """A published row of a picture with a caption and one text."""
    thing = THINGS[number % len(THINGS)]
    row: Row = {
        "key": f"{number:010d}",
        "image_id": f"{number * 0x9E3779B97F4A7C15:032x}",
        "text1": f"The old {thing} number {number} stands on a hill above the harbour.",
        "text2": "",
        "text3": "",
        "tags": ["wood"],
        "caption": f"A {thing} in the evening.",
        "caption_verdict": "",
        "alt": "",
        "alt_verdict": "no_text",
        "context": [],
    }
    return row | changes


def published(rows: Sequence[Row]) -> FakeInputs:
    """A version of one shard."""
    return FakeInputs(
        tables={("dataset", "pairs"): [tables.from_rows(PUBLISHED, rows)]},
        sources={"dataset": SimpleNamespace(reference=SimpleNamespace(pairs=len(rows)))},
    )
