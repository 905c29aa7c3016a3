"""By which requests an item of the corpus was taken down, and who holds it all the same."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import removals, tombstones
from realsyn_tasks.corpus.entries import IMAGE, Entry
from realsyn_tasks.corpus.generations import Generation
from realsyn_tasks.takedown import lookup, receipt

Removal = dict[str, Any]


def removals_of(storage: Storage, generation: Generation, identity: str) -> list[Removal]:
    """Give one row for each request that takes an item out of a generation, the first one first."""
    state = tombstones.state(storage)
    if not state.log:
        return []
    table = removals.list_of(storage, generation, state)
    mine = table.filter(pc.equal(table["id"], identity)).to_pylist()
    entries = {row["request"]: row for row in mine}
    return [
        {
            "generation": generation.generation,
            "request": line.request,
            "number": line.number,
            "note": tombstones.read(storage, line.request).note,
            "entry": entries[line.request]["detail"],
            "receipts": receipt.pages(storage, line.request),
            "still_in": _versions(storage, entries[line.request]["kind"], identity),
        }
        for line in state.log
        if line.request in entries
    ]


def _versions(storage: Storage, kind: str, identity: str) -> list[str]:
    """Name the published versions that have an image: published before, they never change."""
    if kind != "image":
        return []
    sightings = lookup.in_datasets(storage, [Entry(IMAGE, identity)], shown=0)
    return [item["dataset"] for item in sightings if item["pairs"]]


def told(row: Removal) -> str:
    """Say in one line what became of the item."""
    note = f", note {row['note']!r}" if row["note"] else ""
    said = f"taken down from generation {row['generation']} by request {row['request']}"
    said += f" (number {row['number']}{note}) for {row['entry']}"
    said += f"; receipt {row['receipts'][-1]}" if row["receipts"] else ""
    held = ", ".join(row["still_in"])
    return said + (f"; still in {held}, published before" if held else "")
