"""Choose the examples that the student learns from, and the tasks that models are measured by.

Both are written as tables, and as chats that other trainers read (chats.py). Memory: two rows of
text for each example and task, so what `examples` and `held_out` say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import normalise_text
from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.tune import chats, reasons, schemas

Row = dict[str, Any]
TRAIN, HELD_OUT = "train", "held_out"


class Config(StageConfig):
    """How many."""

    examples: int = Field(default=100_000, ge=1)  # the paper's
    held_out: int = Field(default=2000, ge=1)  # tasks


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Choose in the random order of images; no example holds a text that models are measured by."""
    rows = [row for _, table in inputs.stream("ask_teacher", "tasks") for row in table.to_pylist()]
    rows.sort(key=lambda row: (row["place"], row["task_id"]))
    held_out = [row for row in rows if row["held_out"]][: config.held_out]
    refused = {text for row in rows if row["held_out"] for text in _texts(row)}
    train: list[Row] = []
    dropped: list[Dropped] = []
    for row, reason in _judged((row for row in rows if not row["held_out"]), refused, config):
        if reason:
            dropped.append(Dropped("example", row["task_id"], reason))
        else:
            train.append(row)
    chosen = {TRAIN: train, HELD_OUT: held_out}
    return Output(
        tables={name: _table(some) for name, some in chosen.items()},
        blobs={
            f"{name}_chats": chats.write(some, context.scratch / f"{name}{chats.SUFFIX}")
            for name, some in chosen.items()
        },
        dropped=dropped,
        counts={name: len(some) for name, some in chosen.items()},
    )


def _judged(
    rows: Iterable[Row], held_out: set[str], config: Config
) -> Iterator[tuple[Row, Reason | None]]:
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        texts = _texts(row)
        if held_out & set(texts):
            yield row, reasons.HELD_OUT
        elif texts in seen:
            yield row, reasons.REPEATED
        elif len(seen) >= config.examples:
            yield row, reasons.BEYOND
        else:
            seen.add(texts)
            yield row, None


def _texts(row: Row) -> tuple[str, ...]:
    given = (normalise_text(row[name]).casefold() for name in ("sentence", "answer"))
    return tuple(text for text in given if text)


def _table(rows: list[Row]) -> pa.Table:
    return tables.from_rows(schemas.TASKS, rows)
