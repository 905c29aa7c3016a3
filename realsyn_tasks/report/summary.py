"""The whole of a build in one JSON value: what went in, what was kept, why the rest was not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.stage import Stage
from realsyn_tasks.core.workspace import EXTRACTS, Workspace
from realsyn_tasks.datasets.publication import published
from realsyn_tasks.quality.gates import stored_record
from realsyn_tasks.quality.statistics import RECALL
from realsyn_tasks.report.funnel import (
    Counts,
    corpus_counts,
    extract_counts,
    pair_counts,
    pinned,
)
from realsyn_tasks.sample.promotion import REPORT

RETRIEVAL = (
    *(name for names in RECALL.values() for name in names),
    *("sentences_used", "images_of_most_used", "hub_share"),
)


def summary(workspace: Workspace) -> dict[str, Any]:
    """Summarise a build with the extracts of its corpus, or one extract alone.

    Counts are plain integers; `stages` gives wall seconds, `costs` all that commits noted.
    """
    runs = [*extracts(workspace), workspace]
    costs = [cost for run in runs for cost in _costs(run)]
    return {
        **_items(workspace),
        **_retrieval(workspace),
        "gates": {name: gate for run in runs for name, gate in _gates(run)},
        "stages": _seconds(costs),
        "costs": costs,
        **_dataset(workspace),
    }


def _items(workspace: Workspace) -> Counts:
    if workspace.config.kind == "extract":
        return _corpus_items(extract_counts(workspace))
    way = pair_counts(workspace)
    way.pop("steps")
    pairs = {"in": way["images"], "kept": way["published"], **way}
    return {**_corpus_items(corpus_counts(workspace)), "pairs": pairs}


def _retrieval(workspace: Workspace) -> dict[str, dict[str, float]]:
    """Give the statistics of the search that the gate of the group retrieve saw, if it has."""
    record = stored_record(workspace, "retrieve") or {}
    found = {
        name: float(record["statistics"][name])
        for name in RETRIEVAL
        if record.get("statistics", {}).get(name) is not None
    }
    return {"retrieval": found} if found else {}


def _corpus_items(counts: Counts) -> Counts:
    left_out = {"opt_out": counts["documents_dropped"]} if counts["documents_dropped"] else {}
    kept = counts["documents"]
    documents = {"in": kept + counts["documents_dropped"], "kept": kept}
    documents["dropped"] = {**left_out, **counts["records_dropped"]}
    return {"documents": documents, "images": counts["images"], "sentences": counts["sentences"]}


def extracts(workspace: Workspace) -> Iterator[Workspace]:
    """Open the extracts that the corpus of a build was made by, where they are still there."""
    if workspace.config.kind == "extract":
        return
    for generation in pinned(workspace):
        uri = f"{workspace.storage.uri}/{EXTRACTS}/{generation.extract}"
        if workspace.storage.exists(f"{EXTRACTS}/{generation.extract}/config.json"):
            yield Workspace.open(uri, workspace.pipeline)


def _gates(workspace: Workspace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the gate of each group; of several extracts, each under its own name."""
    alone = len(workspace.config.corpus) <= 1 or workspace.config.kind == "build"
    for group in dict.fromkeys(stage.group for stage in workspace.stages()):
        record = stored_record(workspace, group)
        if record:
            name = group if alone else f"{group} {workspace.config.name}"
            uri = f"{workspace.uri}/_gates/{group}/index.html"
            yield name, {"passed": record["passed"], "summary": record["summary"], "uri": uri}


def _costs(workspace: Workspace) -> Iterator[dict[str, Any]]:
    for stage in workspace.stages():
        found = workspace.ledger(stage.name).commits().values()
        commits = [commit for commit in found if not commit.origin]
        if commits:
            yield _cost(workspace, stage, commits)


def _cost(workspace: Workspace, stage: Stage, commits: list[Commit]) -> dict[str, Any]:
    def total(name: str) -> float:
        return round(sum(commit.cost.get(name, 0.0) for commit in commits), 3)

    return {
        "run": workspace.config.name,
        "group": stage.group,
        "stage": stage.name,
        "shards": len(commits),
        "rows": sum(sum(commit.rows.values()) for commit in commits),
        "seconds": total("seconds"),
        "cpu_seconds": total("cpu_seconds"),
    }


def _seconds(costs: list[dict[str, Any]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for cost in costs:
        found[cost["stage"]] = round(found.get(cost["stage"], 0.0) + cost["seconds"], 3)
    return found


def _dataset(workspace: Workspace) -> dict[str, str]:
    publication = published(workspace)
    if publication is None:
        return {}
    place = f"{workspace.storage.uri}/{publication.path}".removeprefix("file://")
    return {"dataset": place, "report": f"{place}/{REPORT}", "version": publication.version}
