"""The page of a build or an extract: how far it is, what it costs, what came of it, what failed.

All of it is read from kept ledgers (views.ledgers), small records and markers of fits; no table is
opened. What a look costs does not grow with what was done before it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from math import floor
from pathlib import PurePosixPath
from typing import Any
from weakref import WeakKeyDictionary

from realsyn_tasks.core.answers import ShardState, StageStatus
from realsyn_tasks.core.config import CONFIG_NAME
from realsyn_tasks.core.counts import by_frequency
from realsyn_tasks.core.declaration import Group, Kind, Stage
from realsyn_tasks.core.gate_results import (
    override_path,
    result_path,
    stored_record,
    stored_result,
)
from realsyn_tasks.core.ledger_view import LETTERS, LedgerView, Snapshot, StageView
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.publication import NOTE, publications, published
from realsyn_tasks.report import cost_plan, stage_costs
from realsyn_tasks.report.eta import RunEstimate
from realsyn_tasks.report.funnel import funnel
from realsyn_tasks.report.pace import (
    OtherRuns,
    Standing,
    Totals,
    items_a_second,
    rest_of,
    totals,
)
from realsyn_tasks.report.pins import pins
from realsyn_tasks.retrieve.statistics import MEASURED
from realsyn_tasks.retrieve.words import recall_in_words, relevance_in_words
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.views.ledgers import LEDGERS, uri_of

Record = dict[str, Any]
STATE_OF_LETTER = {letter: state for state, letter in LETTERS.items()}
FAILING = (ShardState.FAILED, ShardState.QUARANTINED)
BROKEN = ("failed", "damaged", "quarantined")
OTHERS_STAND = 600.0  # seconds for which what other runs took is believed
LONGEST_ERROR = 600  # characters


@dataclass
class Kept:
    """What is known of one run beside its ledgers, between looks."""

    totals: dict[str, tuple[StageStatus, Totals]] = field(default_factory=dict)
    gates: dict[str, tuple[str, Record]] = field(default_factory=dict)  # tag, what it says
    measures: dict[str, tuple[StageStatus, Record]] = field(default_factory=dict)
    others: OtherRuns | None = None
    others_at: float = 0.0


_KEPT: WeakKeyDictionary[LedgerView, Kept] = WeakKeyDictionary()
_LOCK = threading.Lock()


def _kept(view: LedgerView) -> Kept:
    with _LOCK:
        return _KEPT.setdefault(view, Kept())


@dataclass(frozen=True)
class Seen:
    """The stages of a run as a snapshot has them."""

    snapshot: Snapshot

    def status(self, stage: Stage) -> StageStatus:
        """Give the state of all shards of a stage."""
        return self.snapshot.stages[stage.name].status


def build_list(root: str) -> Record:
    """Give the runs below a root, by kind: name, URI, groups that are promoted, last version."""
    storage = Storage.at(root)
    versions = publications(storage)
    runs = [run for kind in PIPELINE.kinds for run in _runs(storage, kind)]
    for run in runs:
        note = versions.get(run["folder"])
        run["version"] = note.path if note else ""
    return {"runs": runs}


def _runs(storage: Storage, kind: Kind) -> Iterator[Record]:
    groups = [group.name for group in PIPELINE.groups_of(kind.name)]
    for folder in storage.folders(kind.folder):
        if storage.exists(f"{folder}/{CONFIG_NAME}"):
            there = {PurePosixPath(path).stem for path, _ in storage.listing(f"{folder}/_promoted")}
            yield {
                "name": PurePosixPath(folder).name,
                "kind": kind.name,
                "folder": folder,
                "uri": f"{storage.uri}/{folder}",
                "groups": groups,
                "promoted": [group for group in groups if group in there],
            }


def build(root: str, *, build: str) -> Record:
    """Give how far a run is: groups, stages, funnel, errors, gates, and what is left of it."""
    view = LEDGERS.of(root, build)
    snapshot, kept = LEDGERS.snapshot(view), _kept(view)
    run = view.workspace
    rest = _rest(view, snapshot, kept)
    stages = [_stage(run, kept, stage, rest) for stage in snapshot.stages.values()]
    gates = {group.name: _gate(run, kept, group, snapshot) for group in run.groups}
    errors = [error for stage in snapshot.stages.values() for error in _errors(stage)]
    return {
        "build": run.uri,
        "name": run.config.name,
        "kind": run.config.kind,
        "scale": run.config.scale,
        "target": run.config.target,
        "number": snapshot.number,
        "at": snapshot.at,
        "state": _state_of_run(stages),
        "running": sum(stage["running"] for stage in stages),
        "objects_looked_at": snapshot.looked_at,
        "eta": asdict(rest.whole),
        "groups": [_group(group, stages, gates[group.name], rest) for group in run.groups],
        "corpus": run.config.source_rows,
        "stages": stages,
        "funnel": [asdict(step) for step in funnel(run, Seen(snapshot))],
        "reasons": _words_of(stages),
        "errors": errors,
        "adopted": _adopted(snapshot),
        "retrieval": _retrieval(run, kept, snapshot),
        "published": _published(run),
        "resume": _resume(run, stages, gates),
    }


def _rest(view: LedgerView, snapshot: Snapshot, kept: Kept) -> RunEstimate:
    if kept.others is None or time.monotonic() - kept.others_at > OTHERS_STAND:
        kept.others, kept.others_at = OtherRuns.of(view.workspace), time.monotonic()
    standings = [_standing(stage) for stage in snapshot.stages.values()]
    return rest_of(view.workspace, standings, kept.others)


def _standing(stage: StageView) -> Standing:
    return Standing(stage.status, tuple(stage.running.values()))


def _totals(kept: Kept, status: StageStatus) -> Totals:
    """Add up a stage, unless that was done and nothing has changed."""
    known = kept.totals.get(status.stage.name)
    if known is None or known[0] is not status:
        known = status, totals(status.outlines)
        kept.totals[status.stage.name] = known
    return known[1]


def _stage(run: Workspace, kept: Kept, view: StageView, rest: RunEstimate) -> Record:
    status, stage = view.status, view.status.stage
    states = {STATE_OF_LETTER[letter]: n for letter, n in sorted(Counter(view.letters).items())}
    lines, mine = status.outlines, _totals(kept, status)
    part = sum(report.done - floor(report.done) for report in view.running.values())
    left, shards = len(status.unsettled), len(status.states)
    return {
        "stage": stage.name,
        "group": stage.group,
        "axis": str(stage.axis),
        "reads": list(stage.reads),
        "state": _state_of_stage(view, states, left),
        "shards": shards,
        "left": left,
        "share": min(1.0, (shards - left + part) / shards) if shards else 1.0,
        "states": states,
        "rows": mine.rows,
        "dropped": sum(lines.dropped),
        "kept": dict(lines.rows_by_table),
        "drops": {kind: by_frequency(n) for kind, n in lines.drops_by_reason.items()},
        "running": len(view.running),
        "running_shards": list(_standing(view).shards),
        "batches": run.config.dispatch.batches(stage, shards),
        "items_per_second": items_a_second(_standing(view)),
        "seconds": mine.seconds,
        "cpu_seconds": mine.cpu_seconds,
        "gpu_seconds": mine.gpu_seconds,
        "stored_bytes": mine.stored_bytes,
        "eta": asdict(rest.stages[stage.name]),
    }


def _state_of_stage(view: StageView, states: Mapping[str, int], left: int) -> str:
    broken = next((name for name in BROKEN if name in states), "")
    if view.running:
        return "running"
    if broken:
        return broken
    if not left:
        return "adopted" if set(states) == {"adopted"} else "done"
    return "stale" if "stale" in states else "waiting" if set(states) == {"waiting"} else "missing"


def _state_of_run(stages: list[Record]) -> str:
    if any(stage["running"] for stage in stages):
        return "running"
    if all(stage["left"] == 0 for stage in stages):
        return "done"
    return "failed" if any(stage["state"] in BROKEN for stage in stages) else "waiting"


def _group(group: Group, stages: list[Record], gate: Record, rest: RunEstimate) -> Record:
    mine = [stage for stage in stages if stage["group"] == group.name]
    done = sum(stage["left"] == 0 for stage in mine)
    return {
        "group": group.name,
        "about": group.about,
        "state": _state_of_group(mine, gate),
        "share": sum(stage["share"] for stage in mine) / max(1, len(mine)),
        "stages": len(mine),
        "stages_done": done,
        "running": sum(stage["running"] for stage in mine),
        "cpu_seconds": sum(stage["cpu_seconds"] for stage in mine),
        "eta": asdict(rest.groups[group.name]) if mine else None,
        "gate": gate,
    }


def _state_of_group(stages: list[Record], gate: Record) -> str:
    if gate["promoted"] == "yes":
        return "promoted"
    if any(stage["running"] for stage in stages):
        return "running"
    if gate["state"] == "failed":
        return "failed"
    return _state_of_run(stages)


def _gate(run: Workspace, kept: Kept, group: Group, snapshot: Snapshot) -> Record:
    """Give a gate's verdict, and whether what it judged is promoted and still there."""
    paths = (result_path(run, group.name), override_path(run, group.name))
    tags = " ".join(map(run.storage.tag, paths))
    known = kept.gates.get(group.name)
    if known is None or known[0] != tags or not tags.strip():
        known = tags, _verdict(run, group.name)
        kept.gates[group.name] = known
    return {**known[1], "promoted": _promoted(run, group.name, snapshot)}


def _verdict(run: Workspace, group: str) -> Record:
    record, result = stored_record(run, group), stored_result(run, group)
    if record is None or result is None:
        return {"state": "none", "summary": "", "checks": 0, "failed": [], "page": ""}
    passed = "passed" if record.passed else "overridden" if result.passed else "failed"
    failed = [finding for finding in record.findings if not finding.passed]
    return {
        "state": passed,
        "summary": result.summary,
        "checks": len(record.findings),
        "failed": [
            {"name": f.name, "expected": f.expected, "saw": f.saw, "blocks": f.blocks}
            for f in failed
        ],
        "page": result.uri,
    }


def _promoted(run: Workspace, group: str, snapshot: Snapshot) -> str:
    promotion = snapshot.promoted[group]
    if promotion is None:
        return "no"
    now = {
        name: view.status.digest
        for name, view in snapshot.stages.items()
        if view.status.stage.group == group
    }
    return "yes" if promotion.stages == now else "outdated"


def _errors(view: StageView) -> Iterator[Record]:
    """Give the failures of a stage by class: how many, and the first of them."""
    status = view.status
    rows = [row for row in status.rows_of(status.failures) if row.state in FAILING]
    classes = Counter(row.failure_class for row in rows)
    for name, count in classes.most_common():
        first = next(row for row in rows if row.failure_class == name)
        yield {
            "stage": status.stage.name,
            "group": status.stage.group,
            "failure_class": name,
            "shards": count,
            "state": first.state.value,
            "shard": first.shard,
            "error": first.error[:LONGEST_ERROR],
        }


def _words_of(stages: list[Record]) -> dict[str, str]:
    """Give the words of the reasons for which these stages dropped something."""
    used = {code for stage in stages for drops in stage["drops"].values() for code in drops}
    return {code: words for code, words in PIPELINE.reason_words.items() if code in used}


def _adopted(snapshot: Snapshot) -> list[Record]:
    """Count what was taken over from other runs, by run."""
    shards: Counter[str] = Counter()
    stages: dict[str, list[str]] = {}
    for name, view in snapshot.stages.items():
        for origin, count in Counter(view.status.outlines.origins).items():
            if origin:
                shards[origin] += count
                stages.setdefault(origin, []).append(name)
    return [
        {"run": PurePosixPath(o).name, "folder": o, "shards": count, "stages": stages[o]}
        for o, count in shards.most_common()
    ]


def _retrieval(run: Workspace, kept: Kept, snapshot: Snapshot) -> Record:
    """Give what fits of the retrieval have measured so far: recall, and whether texts fit."""
    measures: Record = {}
    for name, wanted in MEASURED.items():
        view = snapshot.stages.get(name)
        if view and view.status.outlines:
            committed = _measures(run, kept, view.status)
            measures |= {key: committed[key] for key in wanted if key in committed}
    words = [relevance_in_words(measures)] if "image_text1" in measures else []
    words += [recall_in_words(measures)] if "recall_at_3" in measures else []
    return {"measures": measures, "words": words}


def _measures(run: Workspace, kept: Kept, status: StageStatus) -> Record:
    known = kept.measures.get(status.stage.name)
    if known is None or known[0] is not status:
        commit = run.ledger(status.stage.name).find(0)
        known = status, dict(commit.measures) if commit else {}
        kept.measures[status.stage.name] = known
    return known[1]


def _published(run: Workspace) -> Record | None:
    note = published(run) if run.storage.exists(f"{run.folder}/{NOTE}") else None
    if note is None:
        return None
    uri = f"{run.storage.uri}/{note.path}"
    return {"path": note.path, "version": note.version, "pairs": note.pairs, "uri": uri}


def _resume(run: Workspace, stages: list[Record], gates: Mapping[str, Record]) -> Record | None:
    """Name the DAG that goes on with a run, and its conf; None where nothing is left to do."""
    for group in run.groups:
        mine = [stage for stage in stages if stage["group"] == group.name]
        if mine and (gates[group.name]["promoted"] != "yes" or any(s["left"] for s in mine)):
            return {"dag": f"realsyn_{group.name}", "conf": {"build": run.uri}}
    return None


def build_pins(root: str, *, build: str) -> Record:
    """Give what a run is pinned to: generations, crawl, takedowns, models, settings."""
    return pins(LEDGERS.of(root, build).workspace)


def build_costs(root: str, *, build: str, like: str = "") -> Record:
    """Give what each stage of a run should take by plan, and what it has taken so far.

    The plan is that of include/costs.yaml, or of what another run (`like`) has measured.
    """
    view = LEDGERS.of(root, build)
    run, kept, snapshot = view.workspace, _kept(view), LEDGERS.snapshot(view)
    table = stage_costs.read_table()
    if like:
        table = stage_costs.measured_by(Runs.at(uri_of(root, like)), table)
    done = {
        name: dict(stage.status.outlines.rows_by_table)
        for name, stage in snapshot.stages.items()
        if stage.status.complete
    }
    plans = cost_plan.planned(run, cost_plan.known_amounts(run, done), table)
    rows = [
        {
            "stage": name,
            "group": stage.status.stage.group,
            "state": "done" if stage.status.complete else "",
            "planned": asdict(plans[name]) if name in plans else None,
            "measured": asdict(_totals(kept, stage.status)),
        }
        for name, stage in snapshot.stages.items()
    ]
    return {"stages": rows, "total": _cost_totals(rows), "like": like, "settings": table.settings}


def _cost_totals(rows: list[Record]) -> Record:
    names = ("cpu_seconds", "gpu_seconds", "stored_bytes")
    return {
        part: {name: sum(row[part][name] for row in rows if row[part]) for name in names}
        for part in ("planned", "measured")
    }


VIEWS = (build_list, build, build_pins, build_costs)
