"""The images and sentences of the corpus that a build may use, by the licences of their pages."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core.stage import Inputs

STAGE = "filter_licences"
LICENCE = "licence"


def licensed(inputs: Inputs, table: str, columns: list[str]) -> pa.Table:
    """Give columns of the images or sentences of a shard, without those of refused licences."""
    if not inputs.has(STAGE):
        return inputs.table("corpus", table, columns)
    items = inputs.table("corpus", table, _with_licence(columns))
    return _without(items, _refused(inputs)).select(columns)


def _with_licence(columns: list[str]) -> list[str]:
    return columns if LICENCE in columns else [*columns, LICENCE]


def _refused(inputs: Inputs) -> pa.ChunkedArray:
    return inputs.table(STAGE, "refused")["licence"]


def _without(items: pa.Table, refused: pa.ChunkedArray) -> pa.Table:
    return items.filter(pc.invert(pc.is_in(items[LICENCE], value_set=refused)))
