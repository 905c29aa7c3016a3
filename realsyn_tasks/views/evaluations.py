"""The page of evaluations: which there are, how far they are, what came out, and who leads.

What a finished one says is read once and kept for as long as its claims are not judged again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.config import CONFIG_NAME
from realsyn_tasks.core.ledger_view import LETTERS, Snapshot
from realsyn_tasks.core.recent import Recent
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.evaluate import protocol
from realsyn_tasks.evaluate.group import GROUP
from realsyn_tasks.evaluate.outcome import checkpoints, stamp, versions
from realsyn_tasks.kinds import EVALUATION
from realsyn_tasks.report import evaluated, evaluation, paper_results
from realsyn_tasks.report.evaluated import Outcome
from realsyn_tasks.report.leaderboard import leaderboards
from realsyn_tasks.report.model_card import path_of
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.views.ledgers import LEDGERS

Record = dict[str, Any]
PUBLISHED, JUDGED, RUNNING, FAILED, WAITING = "published", "ready", "running", "failed", "waiting"
LETTER_OF = {letter: state for state, letter in LETTERS.items()}
BROKEN = (ShardState.FAILED.value, ShardState.QUARANTINED.value, ShardState.DAMAGED.value)
DAG = f"realsyn_{GROUP.name}"
_OUTCOMES: Recent[Outcome] = Recent(200)


def evaluations(root: str) -> Record:
    """Give all evaluations below a root with their state, and tables of versions that compare."""
    runs = list(Runs(root).of_kind(EVALUATION))
    told = {run.config.name: _outcome(run) for run in runs}
    promoted = {run.config.name for run in runs if run.promotion(GROUP.name)}
    known = [each for name, each in told.items() if each and name in promoted]
    return {
        "evaluations": [_row(root, run, told[run.config.name]) for run in runs],
        "boards": [_board(board) for board in leaderboards(known)],
        "dag": DAG,
        "protocols": protocol.names(),
    }


def evaluation_outcome(root: str, *, evaluation: str) -> Record:
    """Give what came of one evaluation, with its tables; `outcome` is null until it is judged."""
    run = _named(root, evaluation)
    outcome = _outcome(run)
    about = {**_row(root, run, outcome), "outcome": outcome, "reasons": {}}
    if outcome is None:
        return about
    dropped = {code for reasons in outcome["dropped"].values() for code in reasons}
    return {
        **about,
        "reasons": {code: PIPELINE.reason_words.get(code, "") for code in sorted(dropped)},
        "claims": [_claim(outcome, row) for row in outcome["claims"]],
        "grids": [asdict(grid) for grid in evaluated.grids(outcome)],
        "roles": evaluated.ROLES,
        "measures": {name: evaluated.measure_name(name) for name in evaluated.measures(outcome)},
        "paper": {
            "scores": paper_results.results()["scores"],
            "arms": list(_beside(outcome)),
            "sets": [
                {**asdict(row), "version": each["version"]}
                for each in outcome["versions"]
                for row in paper_results.sets_beside(outcome, each["version"])
            ],
        },
        "checkpoints": [
            {**each, "card": f"{run.uri}/{path_of(each)}"} for each in checkpoints(run)
        ],
    }


def _named(root: str, name: str) -> Workspace:
    return evaluation.named(root, name)


def _claim(outcome: Outcome, row: Mapping[str, Any]) -> Record:
    theirs = paper_results.difference(outcome, row)
    return {**row, "theirs": list(theirs) if theirs else None}


def _beside(outcome: Outcome) -> Iterator[Record]:
    for version in outcome["versions"]:
        for row in paper_results.arms_beside(outcome, version["version"]):
            yield {**asdict(row), "version": version["version"]}


def _outcome(run: Workspace) -> Outcome | None:
    """Give what came of a run, read once after each judgement; None where there is none."""
    judged = stamp(run)
    if not judged:
        return None
    key = (run.uri, run.storage.tag(f"{run.folder}/{CONFIG_NAME}"), judged)
    known = _OUTCOMES.get(key)
    if known is None:
        told = evaluation.finished(run)
        return None if told is None else _OUTCOMES.put(key, told)
    return known


def _row(root: str, run: Workspace, outcome: Outcome | None) -> Record:
    stages = run.config.stages
    asked: Record = next((s["protocol"] for s in stages.values() if s.get("protocol")), {})
    return {
        "name": run.config.name,
        "uri": run.uri,
        "protocol": {name: asked.get(name, "") for name in ("name", "digest", "method", "about")},
        "versions": [_version(run.storage, each) for each in versions(run)],
        "verdicts": evaluated.verdicts(outcome) if outcome else None,
        **_state(root, run, outcome),
    }


def _version(storage: Storage, each: Mapping[str, Any]) -> Record:
    return {**each, "name": evaluation.short(each["path"]), "uri": f"{storage.uri}/{each['path']}"}


def _state(root: str, run: Workspace, outcome: Outcome | None) -> Record:
    """Say how far a run is; of one that is promoted, nothing else is looked at."""
    if outcome and run.promotion(GROUP.name):
        return {"state": PUBLISHED, "done": None, "shards": None, "stage": ""}
    snapshot = LEDGERS.snapshot(LEDGERS.of(root, run.uri))
    counts = _counts(snapshot)
    done = sum(counts[name] for name in ("done", "adopted"))
    return {
        "state": JUDGED if outcome else _at_work(snapshot, counts),
        "done": done,
        "shards": counts.total(),
        "stage": _stage(snapshot),
    }


def _counts(snapshot: Snapshot) -> Counter[str]:
    return Counter(
        LETTER_OF[letter] for view in snapshot.stages.values() for letter in view.letters
    )


def _at_work(snapshot: Snapshot, counts: Counter[str]) -> str:
    if any(view.running for view in snapshot.stages.values()):
        return RUNNING
    return FAILED if any(counts[name] for name in BROKEN) else WAITING


def _stage(snapshot: Snapshot) -> str:
    """Name the first stage that is not done."""
    undone = (name for name, view in snapshot.stages.items() if not view.status.complete)
    return next(undone, "")


def _board(board: Record) -> Record:
    rows = [{**row, "name": evaluation.short(row["path"])} for row in board["rows"]]
    return {**board, "measure_name": evaluated.measure_name(board["measure"]), "rows": rows}


VIEWS = (evaluations, evaluation_outcome)
