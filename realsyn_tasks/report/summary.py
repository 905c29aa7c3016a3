"""The whole of a build in one JSON value: what went in, what was kept, why the rest was not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.datasets.publication import published
from realsyn_tasks.extract import counts
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.quality.gates import stored_record
from realsyn_tasks.report.funnel import Counts, pair_counts
from realsyn_tasks.retrieve.group import GROUP as RETRIEVE
from realsyn_tasks.retrieve.statistics import SUMMARY
from realsyn_tasks.runs.discovery import extracts_of
from realsyn_tasks.sample.promotion import REPORT
from realsyn_tasks.web.reasons import OPT_OUT


def summary(workspace: Workspace) -> dict[str, Any]:
    """Summarise a build with the extracts of its corpus, or one extract alone.

    Counts are plain integers; `stages` gives wall seconds, `costs` all that commits noted.
    """
    runs = [*extracts_of(workspace), workspace]
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
    if workspace.config.kind == EXTRACT.name:
        return _corpus_items(counts.of_extract(workspace))
    way = pair_counts(workspace)
    way.pop("steps")
    pairs = {"in": way["images"], "kept": way["published"], **way}
    return {**_corpus_items(counts.of_corpus(workspace)), "pairs": pairs}


def _retrieval(workspace: Workspace) -> dict[str, dict[str, float]]:
    """Give the statistics of the search that the gate of the group retrieve saw, if it has."""
    record = stored_record(workspace, RETRIEVE.name) or {}
    found = {
        name: float(record["statistics"][name])
        for name in SUMMARY
        if record.get("statistics", {}).get(name) is not None
    }
    return {"retrieval": found} if found else {}


def _corpus_items(items: Counts) -> Counts:
    left_out = {OPT_OUT.code: items["documents_dropped"]} if items["documents_dropped"] else {}
    kept = items["documents"]
    documents = {"in": kept + items["documents_dropped"], "kept": kept}
    documents["dropped"] = {**left_out, **items["records_dropped"]}
    return {"documents": documents, "images": items["images"], "sentences": items["sentences"]}


def _gates(workspace: Workspace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the gate of each group; of several extracts, each under its own name."""
    config = workspace.config
    alone = config.kind != EXTRACT.name or len(corpus_of(config.sources).generations) <= 1
    for group in (each.name for each in workspace.groups):
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
