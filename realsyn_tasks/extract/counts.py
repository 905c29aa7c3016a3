"""What extracts took in, kept and dropped, noted beside their generations and added up for builds.

The note is written when a generation is promoted, so that a build can tell the whole way without
the extract's working files.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import RootModel

from realsyn_tasks.core.counts import FunnelStep, by_frequency
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.records import derived_record, read_record
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import Generation, generation_path
from realsyn_tasks.corpus.pinned import corpus_of, pinned_generations
from realsyn_tasks.corpus.reasons import TAKEDOWN
from realsyn_tasks.extract.group import GROUP
from realsyn_tasks.extract.statistics import funnel

KINDS = ("images", "sentences")
Counts = dict[str, Any]


class Noted(RootModel[Counts]):
    """The counts of an extract, as they are noted."""


def of_extract(workspace: Workspace) -> Counts:
    """Count what an extract took in, kept, and dropped by reason."""
    steps = {(s.kind, s.name): s for s in funnel(Evidence(workspace, GROUP.name))}
    documents = steps["document", "kept"]
    counts: Counts = {
        "documents": documents.items,
        "documents_dropped": sum(documents.dropped.values()),
        "records_dropped": steps["record", "dropped"].dropped,
    }
    for table in KINDS:
        kind = table.removesuffix("s")
        counts[table] = _counted(steps[kind, "in"], steps[kind, "kept"])
    return counts


def _counted(taken: FunnelStep, kept: FunnelStep) -> Counts:
    return {"in": taken.items, "kept": kept.items, "dropped": kept.dropped}


def note_path(generation: Generation) -> str:
    """Name the note of a generation's counts; its content is that generation's alone."""
    folder = generation_path(generation.generation).rsplit("/", 1)[0]
    return f"{folder}/counts-{generation.digest[:12]}.json"


def note(workspace: Workspace, generation: Generation) -> None:
    """Write the note beside the generation's pointer, before that exists, unless it is there."""
    if derived_record(workspace.storage, note_path(generation), Noted, "it is written anew"):
        return
    data = json.dumps(of_extract(workspace), indent=1).encode()
    workspace.storage.replace(note_path(generation), data)


def of_corpus(workspace: Workspace) -> Counts:
    """Add up the notes of the generations that a build is pinned to, less what was taken down."""
    pinned = pinned_generations(workspace.storage, workspace.config.sources)
    total = add_up(_noted(workspace.storage, generation) for generation in pinned)
    takedown = corpus_of(workspace.config.sources).takedown
    for table in KINDS:
        gone = sum(getattr(ref, table) for ref in takedown.removed) if takedown else 0
        if gone:
            total[table]["kept"] -= gone
            total[table]["dropped"] = _merged(total[table]["dropped"], {TAKEDOWN.code: gone})
    return total


def _noted(storage: Storage, generation: Generation) -> Counts:
    advice = (
        f"promote the extract {generation.extract} again: its generation stays, and this is written"
    )
    return read_record(storage, note_path(generation), Noted, advice).root


def add_up(parts: Iterable[Counts]) -> Counts:
    """Add up the counts of several extracts."""
    total: Counts = {"documents": 0, "documents_dropped": 0, "records_dropped": {}}
    total |= {table: {"in": 0, "kept": 0, "dropped": {}} for table in KINDS}
    for part in parts:
        total["documents"] += part["documents"]
        total["documents_dropped"] += part["documents_dropped"]
        total["records_dropped"] = _merged(total["records_dropped"], part["records_dropped"])
        for table in KINDS:
            mine, theirs = total[table], part[table]
            mine["in"] += theirs["in"]
            mine["kept"] += theirs["kept"]
            mine["dropped"] = _merged(mine["dropped"], theirs["dropped"])
    return total


def _merged(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    return by_frequency(Counter(a) + Counter(b))
