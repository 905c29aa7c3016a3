"""The way from documents to pairs in numbers, with what was dropped and why.

An extract's part is noted beside its generation when that is promoted, so that a build can tell the
whole way without the extract's working files.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import RootModel

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.records import derived_record, read_record
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import (
    CORPUS,
    Generation,
    Workspace,
    generation_path,
    generations,
)
from realsyn_tasks.quality.statistics import drops, statistics

KINDS = ("images", "sentences")
Counts = dict[str, Any]


class Noted(RootModel[Counts]):
    """The counts of an extract, as they are noted."""


def extract_counts(workspace: Workspace) -> Counts:
    """Count what an extract took in, kept, and dropped by reason."""
    evidence = Evidence(workspace, "extract")
    row = statistics(evidence)
    dropped = by_kind(drops(evidence))
    counts: Counts = {name: row[name] for name in ("documents", "documents_dropped")}
    counts["records_dropped"] = dropped.get("record", {})
    for kind in KINDS:
        counts[kind] = {
            "in": row[f"{kind}_in"],
            "kept": row[f"{kind}_kept"],
            "dropped": dropped.get(kind.removesuffix("s"), {}),
        }
    return counts


def by_kind(dropped: dict[str, dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    """Add up drops over stages: kind -> reason -> items, most frequent first."""
    totals: dict[str, Counter[str]] = {}
    for kinds in dropped.values():
        for kind, reasons in kinds.items():
            totals.setdefault(kind, Counter()).update(reasons)
    return {kind: ordered(counter) for kind, counter in sorted(totals.items())}


def ordered(counts: Counter[str]) -> dict[str, int]:
    """Sort reasons by frequency, then name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def note_path(generation: Generation) -> str:
    """Name the note of a generation's counts; its content is that generation's alone."""
    folder = generation_path(generation.generation).rsplit("/", 1)[0]
    return f"{folder}/counts-{generation.digest[:12]}.json"


def note_counts(workspace: Workspace, generation: Generation) -> None:
    """Write the note beside the generation's pointer, before that exists, unless it is there."""
    if derived_record(workspace.storage, note_path(generation), Noted, "it is written anew"):
        return
    data = json.dumps(extract_counts(workspace), indent=1).encode()
    workspace.storage.replace(note_path(generation), data)


def corpus_counts(workspace: Workspace) -> Counts:
    """Add up the notes of the generations that a build is pinned to, less what was taken down."""
    total = add_up(_noted(workspace.storage, g) for g in pinned(workspace))
    removed = workspace.config.takedown.removed if workspace.config.takedown else ()
    for kind in KINDS:
        gone = sum(getattr(ref, kind) for ref in removed)
        if gone:
            total[kind]["kept"] -= gone
            total[kind]["dropped"] = _merged(total[kind]["dropped"], {"takedown": gone})
    return total


def pinned(workspace: Workspace) -> list[Generation]:
    """Read the generations that a run is pinned to."""
    numbers = {reference.generation for reference in workspace.config.corpus}
    return [g for g in generations(workspace.storage) if g.generation in numbers]


def _noted(storage: Storage, generation: Generation) -> Counts:
    path = note_path(generation)
    advice = (
        f"promote the extract {generation.extract} again: its generation stays, and this is written"
    )
    return dict(read_record(storage, path, Noted, advice).root)


def add_up(parts: Iterable[Counts]) -> Counts:
    """Add up the counts of several extracts."""
    total: Counts = {"documents": 0, "documents_dropped": 0, "records_dropped": {}}
    total |= {kind: {"in": 0, "kept": 0, "dropped": {}} for kind in KINDS}
    for part in parts:
        total["documents"] += part["documents"]
        total["documents_dropped"] += part["documents_dropped"]
        total["records_dropped"] = _merged(total["records_dropped"], part["records_dropped"])
        for kind in KINDS:
            mine, theirs = total[kind], part[kind]
            mine["in"] += theirs["in"]
            mine["kept"] += theirs["kept"]
            mine["dropped"] = _merged(mine["dropped"], theirs["dropped"])
    return total


def _merged(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    return ordered(Counter(a) + Counter(b))


def pair_counts(workspace: Workspace) -> Counts:
    """Count a build's images on their way to published pairs; zero for what has not run yet."""
    evidence = Evidence(workspace, "")
    rejected = evidence.dropped("generate_texts", "pair")
    outside = evidence.dropped("filter_pairs", "pair")
    over_cap = evidence.dropped("balance", "pair")
    unmatched = evidence.dropped("merge_matches", "image")
    images = evidence.rows(CORPUS, "images")
    return {
        "images": images,
        "matched": images - unmatched.total() if evidence.commits("merge_matches") else 0,
        "generated": evidence.rows("generate_texts", "texts"),
        "in_band": evidence.rows("filter_pairs", "pairs"),
        "published": evidence.rows("export", "pairs"),
        "dropped": ordered(unmatched + rejected + outside + over_cap),
        "steps": {
            "matched": ordered(unmatched),
            "generated": ordered(rejected),
            "in_band": ordered(outside),
            "published": ordered(over_cap),
        },
    }
