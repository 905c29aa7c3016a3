"""Keeps sentences with their personal data masked, as sentences of their own.

The id of a sentence is derived from its text, so a masked one has a new id; a table beside it
tells which it was. Where it is from, it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.text.clean import composed


@dataclass(frozen=True)
class Masked:
    """The new text of a sentence, and what kinds of personal data it hides."""

    text: str
    kinds: tuple[str, ...]


def apply_masks(
    kept: pa.Table, masks: dict[str, Masked]
) -> tuple[pa.Table, pa.Table, list[Dropped]]:
    """Give sentences with masked texts, the table of what was masked, and what became equal.

    `masks` is by the id of a sentence as parse gave it. Of equal texts the one stays that needed
    no mask, or else that of the smallest old id.
    """
    rows = kept.to_pylist()
    rows.sort(key=lambda row: (row["sentence_id"] in masks, row["sentence_id"]))
    stay: dict[str, dict[str, Any]] = {}
    records, dropped = [], []
    for before in rows:
        old = before["sentence_id"]
        row = before | _masked(masks[old]) if old in masks else before
        new = row["sentence_id"]
        if new in stay:
            dropped.append(Dropped("sentence", old, reasons.MASKED_DUPLICATE, f"as {new}"))
            continue
        stay[new] = row
        if old in masks:
            record = {"sentence_id": new, "original_id": old, "kinds": masks[old].kinds}
            records.append(record)
    table = tables.from_rows(schemas.SENTENCES, stay.values(), ["sentence_id"])
    return table, tables.from_rows(schemas.MASKED, records, ["sentence_id"]), dropped


def _masked(mask: Masked) -> dict[str, Any]:
    return {
        "sentence_id": ids.sentence_id(mask.text),
        "text": composed(mask.text),
        "words": len(mask.text.split()),
    }
