"""What came of an evaluation, as plain JSON: everything that is told of it is made of this.

Equal results give equal bytes: no clock is told, and numbers have six digits after the point.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.evaluate.limits import limits
from realsyn_tasks.kinds import VERSIONS

Row = dict[str, Any]
JUDGED, QUESTIONS, LESSONS, OVERLAPS = (
    "judge_claims",
    "draw_questions",
    "draw_lessons",
    "find_overlaps",
)
TRAINED = ("train_heads", "train_clip")
CHECKPOINT = "checkpoint"
DIGITS = 6
MEANS = ("pictures", "texts", "caption_share", "skew", "steps", "first_loss", "last_loss")


def outcome(evaluation: Workspace) -> Row:
    """Give protocol, versions, measures, claims, curves, overlaps and limits of an evaluation.

    ConfigError where its claims are not judged yet.
    """
    judged = _done(evaluation, JUDGED)
    asked = evaluation.config.stages[JUDGED]
    tables = {
        name: _rows(evaluation, judged, name) for name in ("measures", "claims", "curves", "fits")
    }
    made = {
        "evaluation": evaluation.config.name,
        "protocol": dict(asked["protocol"]),
        "comparable": comparable(evaluation),
        "versions": versions(evaluation),
        "sets": sets(evaluation),
        "models": {kind: each.identity for kind, each in evaluation.config.models.items()},
        "seed": evaluation.config.seed,
        "statistics": dict(asked["statistics"]),
        "lessons": dict(evaluation.config.stages[LESSONS].get("lessons") or {}),
        "arms": [{"arm": name, **arm} for name, arm in asked["arms"].items()],
        "measures": tables["measures"],
        "claims": [_told(row, _by(asked["claims"], "name")) for row in tables["claims"]],
        "curves": _curves(asked["curves"], tables["curves"], tables["fits"]),
        "trainings": trainings(evaluation),
        "overlaps": overlaps(evaluation),
        "dropped": dropped(evaluation),
    }
    told: dict[str, Any] = plain({**made, "limits": limits(made)})
    return told


def stamp(evaluation: Workspace) -> str:
    """Give another word after each time that the claims were judged; "" where they are not."""
    judged = evaluation.ledger(JUDGED).find(0)
    return judged.attempt if judged else ""


def comparable(evaluation: Workspace) -> str:
    """Digest all that results have to share to stand in one table: protocol, sets, models, seed."""
    config = evaluation.config
    about = {
        "protocol": config.stages[JUDGED]["protocol"]["digest"],
        "sets": [each.get("digest", "") for each in _sets(evaluation)],
        "models": {kind: model.identity for kind, model in config.models.items()},
        "seed": config.seed,
    }
    return digest(about)


def versions(evaluation: Workspace) -> list[Row]:
    """Give number, folder, manifest's digest and pairs of the versions, in their order."""
    pinned = evaluation.config.sources[VERSIONS.name].reference["versions"]
    return [
        {"version": number, **{name: each[name] for name in ("path", "manifest", "pairs")}}
        for number, each in enumerate(pinned)
    ]


def sets(evaluation: Workspace) -> list[Row]:
    """Give name, digest, and questions drawn of each evaluation set, in the protocol's order."""
    commits = evaluation.ledger(QUESTIONS).commits()
    return [
        {
            "set": each["name"],
            "digest": each.get("digest", ""),
            "questions": commits[shard].rows.get("questions", 0) if shard in commits else 0,
        }
        for shard, each in enumerate(_sets(evaluation))
    ]


def _sets(evaluation: Workspace) -> Sequence[Mapping[str, Any]]:
    known: Sequence[Mapping[str, Any]] = evaluation.config.stages[QUESTIONS]["sets"]
    return known


def trainings(evaluation: Workspace) -> list[Row]:
    """Give means over the seeds of what each arm was trained with, and of its losses."""
    rows = [row for stage in TRAINED for row in _all(evaluation, stage, "trainings")]
    groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["version"], row["arm"]].append(row)
    return [
        {"version": version, "arm": arm, "seeds": len(some), **_means(some)}
        for (version, arm), some in groups.items()
    ]


def _means(rows: Sequence[Row]) -> Row:
    known = {name: [row[name] for row in rows if _is_known(row[name])] for name in MEANS}
    return {name: sum(some) / len(some) if some else None for name, some in known.items()}


def overlaps(evaluation: Workspace) -> list[Row]:
    """Count what each set and version share: items of the set, and pairs of the version."""
    found: dict[tuple[str, int, str], tuple[set[str], set[str]]] = {}
    names = ["set", "version", "what", "item", "key"]
    for row in _all(evaluation, OVERLAPS, "overlaps", names):
        place = (row["set"], row["version"], row["what"])
        items, keys = found.setdefault(place, (set(), set()))
        items.add(row["item"])
        keys.add(row["key"])
    return [
        {"set": name, "version": version, "what": what, "items": len(items), "pairs": len(keys)}
        for (name, version, what), (items, keys) in sorted(found.items())
    ]


def dropped(evaluation: Workspace) -> Row:
    """Count what was not trained with, by kind of item and reason."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for _, commit in sorted(evaluation.ledger(LESSONS).commits().items()):
        for kind, reasons in commit.dropped.items():
            counts[kind].update(reasons)
    return {kind: dict(sorted(some.items())) for kind, some in sorted(counts.items())}


def checkpoints(evaluation: Workspace) -> list[Row]:
    """Give the checkpoints that were kept, with the training that each came of."""
    return [
        {
            **plain(training),
            "path": commit.objects[CHECKPOINT].path,
            "bytes": commit.objects[CHECKPOINT].size,
            "sha256": commit.objects[CHECKPOINT].sha256,
            "settings": evaluation.config.stages[stage].get("training", {}),
        }
        for stage in TRAINED
        for _, commit in sorted(evaluation.ledger(stage).commits().items())
        if CHECKPOINT in commit.objects
        for training in _rows(evaluation, commit, "trainings")
    ]


def _told(row: Row, claims: Mapping[str, Mapping[str, Any]]) -> Row:
    """Give a judged claim with what its protocol says of it."""
    claim = claims.get(row["claim"], {})
    said = {name: claim.get(name, "") for name in ("words", "paper")}
    return {**row, **said, "margin": claim.get("margin", 0.0), "sets": list(claim.get("sets", ()))}


def _curves(asked: Iterable[Mapping[str, Any]], points: list[Row], fits: list[Row]) -> list[Row]:
    """Give each curve of the protocol with its points and fits."""
    return [
        {
            **{name: each[name] for name in ("name", "words", "over", "measure", "sets")},
            "points": [row for row in points if row["curve"] == each["name"]],
            "fits": [row for row in fits if row["curve"] == each["name"]],
        }
        for each in asked
    ]


def _by(rows: Iterable[Mapping[str, Any]], name: str) -> dict[str, Mapping[str, Any]]:
    return {str(row[name]): row for row in rows}


def _done(evaluation: Workspace, stage: str) -> Commit:
    commit = evaluation.ledger(stage).find(0)
    if commit is None:
        raise ConfigError(
            f"{evaluation.uri} has not come to {stage} yet: `realsyn status --build"
            f" {evaluation.uri}` says what is left; run the stages before it"
        )
    return commit


def _all(
    evaluation: Workspace, stage: str, table: str, columns: list[str] | None = None
) -> list[Row]:
    """Give the rows of a table of all shards that are done, in their order."""
    commits = sorted(evaluation.ledger(stage).commits().items())
    return [row for _, commit in commits for row in _rows(evaluation, commit, table, columns)]


def _rows(
    evaluation: Workspace, commit: Commit, table: str, columns: list[str] | None = None
) -> list[Row]:
    pieces: Iterable[pa.Table] = arrow_files.pieces(
        evaluation.storage, commit.objects[table], columns
    )
    return [row for piece in pieces for row in piece.to_pylist()]


def plain(value: Any) -> Any:
    """Give a value as JSON has it: rounded, and none where a number is none."""
    if isinstance(value, float):
        return round(value, DIGITS) if _is_known(value) else None
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def _is_known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
