"""A finished evaluation, made up: what is told of one is tried on its committed tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.core.workspace import Promotion, Workspace
from realsyn_tasks.datasets.pinned import VersionRef, VersionsRef
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.evaluate import schemas
from realsyn_tasks.evaluate.group import SETS, TRIALS
from realsyn_tasks.evaluate.protocol import Protocol
from realsyn_tasks.evaluate.reasons import INCOMPLETE, OVERLAPPING
from realsyn_tasks.evaluate.settings import TRAINED
from realsyn_tasks.kinds import EVALUATION, VERSIONS
from realsyn_tasks.stages import PIPELINE
from tests.datasets.handmade import stored
from tests.support import resolved

Row = dict[str, Any]
HOSTILE = '"><script>alert(1)</script> | `x`'
LEVELS = {"shuffled": 0.05, "realistic1": 0.25, "realistic3": 0.28, "paper": 0.29}
TEACHER = "teacher"
LEVELS |= {"balanced": 0.24, "random": 0.26, "all": 0.36, TEACHER: 0.58}
STAMPS, FASHION = "stamps", "fashion-mnist"
PROTOCOL: Row = {
    "about": f"heads, made up {HOSTILE}",
    "method": "heads",
    "seeds": 6,
    "sets": [STAMPS, FASHION],
    "arms": {
        "realistic1": {"texts": {"realistic": 1}, "words": "T_r1"},
        "realistic3": {"texts": {"realistic": 3}, "words": "T_r1 to T_r3"},
        "paper": {"texts": {"realistic": 3, "synthetic": 1}, "words": f"and T_s {HOSTILE}"},
        "all": {"texts": {"raw": 3, "realistic": 3, "synthetic": 1}},
        "shuffled": {"texts": {"realistic": 3}, "shuffled": 1.0},
        "balanced": {"texts": {"realistic": 3, "synthetic": 1}, "sampling": "balanced"},
        "random": {"texts": {"realistic": 3, "synthetic": 1}, "sampling": "random"},
    },
    "claims": [
        {
            "name": "more_retrieved",
            "words": f"T_r1 to T_r3 teach more {HOSTILE}",
            "arm": "realistic3",
            "than": "realistic1",
            "paper": "Table 6",
        },
        {"name": "synthetic_adds", "words": "T_s adds", "arm": "paper", "than": "realistic3"},
        {
            "name": "balanced",
            "words": "a balanced sample teaches no less",
            "arm": "balanced",
            "than": "random",
            "margin": 0.01,
        },
        {"name": "papers_texts", "words": "ours more", "arm": "paper", "than": "realistic1"},
    ],
    "curves": [
        {
            "name": "size",
            "words": "R@10 over pictures",
            "over": "pairs",
            "arms": ["paper", "realistic1"],
            "fitted": True,
            "extrapolated": [100_000],
        }
    ],
}
CLIP: Row = {"method": "clip", "statistics": {"resampled": False}}
RESULTS = {
    "more_retrieved": (0.031, 0.006, 0.063, 6, "holds"),
    "synthetic_adds": (0.003, -0.018, 0.024, 4, "null"),
    "balanced": (-0.022, -0.052, -0.012, 1, "reversed"),
    "papers_texts": (0.041, 0.008, 0.065, 6, "holds"),
}


def evaluation(
    versions: Sequence[Version],
    name: str = "heads-made-up",
    promoted: bool = True,
    checkpoints: bool = False,
    **changes: Any,
) -> Workspace:
    """Open an evaluation of some versions, and commit what its stages would."""
    protocol = Protocol.model_validate({**PROTOCOL, **changes})
    run = opened(versions, name, protocol)
    questions = {STAMPS: 198, FASHION: 300}
    for shard, each in enumerate(protocol.sets):
        commit(run, "draw_questions", shard, rows={"questions": questions[each]})
    for shard in range(run.config.shards(VERSIONS.axis)):
        found = overlap_rows() if not shard else []
        commit(run, "find_overlaps", shard, {"overlaps": (schemas.OVERLAPS, found)})
        dropped = {"pair": {OVERLAPPING.code: 2, INCOMPLETE.code: 40}} if not shard else {}
        commit(run, "draw_lessons", shard, dropped=dropped)
    for shard, row in enumerate(training_rows(versions, protocol)):
        stage = TRAINED[protocol.method]
        blobs = {"checkpoint": b"weights"} if checkpoints else {}
        written = {"trainings": (schemas.TRAININGS, [row])}
        commit(run, stage, shard, written, blobs=blobs)
    numbers = range(len(versions))
    judged = {
        "measures": (schemas.MEASURES, measure_rows(numbers, protocol)),
        "claims": (schemas.CLAIMS, claim_rows(numbers, protocol)),
        "curves": (schemas.CURVES, curve_rows(numbers)),
        "fits": (schemas.FITS, [fit_row()]),
    }
    commit(run, "judge_claims", 0, judged)
    if promoted:
        made = Promotion(group="evaluate", gate="g", stages={}).model_dump_json().encode()
        run.storage.replace(f"{run.folder}/_promoted/evaluate.json", made)
    return run


def opened(versions: Sequence[Version], name: str, protocol: Protocol) -> Workspace:
    """Open the run, with the settings that its outcome tells of."""
    reference = VersionsRef(versions=tuple(map(VersionRef.of, versions)))
    said = protocol.model_dump(mode="json")
    stages: dict[str, Row] = {
        "draw_questions": {"sets": [{"name": n, "place": "", "digest": n} for n in protocol.sets]},
        "draw_lessons": {"lessons": said["lessons"]},
        "train_clip": {"training": {"model": "tiny", "epochs": 1}},
        "train_heads": {"training": {"steps": 200}},
        "judge_claims": {
            "protocol": {
                "name": "heads",
                "digest": protocol.digest(),
                "method": protocol.method,
                "about": protocol.about,
            },
            **{word: said[word] for word in ("arms", "statistics", "claims", "curves")},
        },
    }
    axes: dict[str, int] = {
        VERSIONS.axis: reference.shards,
        SETS: len(protocol.sets),
        TRIALS: len(versions) * len(protocol.arms) * protocol.seeds,
    }
    config = RunConfig(
        kind=EVALUATION.name,
        name=name,
        axes=axes,
        models={"encoder": resolved("encoder")},
        stages=stages,
        sources={VERSIONS.name: reference.pinned()},
    )
    return Workspace.create(versions[0].storage, config, PIPELINE)


def commit(
    run: Workspace,
    stage: str,
    shard: int,
    written: Mapping[str, tuple[pa.Schema, Sequence[Row]]] | None = None,
    blobs: Mapping[str, bytes] | None = None,
    **about: Any,
) -> None:
    """Commit a shard of these tables and files."""
    folder = f"{run.folder}/{stage}/shard={shard:05d}"
    objects: dict[str, ObjectRef] = {
        name: stored(run.storage, f"{folder}/{name}.parquet", tables.from_rows(schema, rows))
        for name, (schema, rows) in (written or {}).items()
    }
    for name, data in (blobs or {}).items():
        run.storage.replace(f"{folder}/{name}", data)
        objects[name] = ObjectRef(path=f"{folder}/{name}", size=len(data), sha256="5" * 64)
    made = Commit(stage=stage, shard=shard, fingerprint="f", attempt="a", objects=objects, **about)
    run.ledger(stage).commit(made)


def overlap_rows() -> list[Row]:
    about = {"set": STAMPS, "version": 0, "closeness": 0.9}
    places = [("1", "a", "picture"), ("1", "b", "picture"), ("2", "b", "text")]
    return [{**about, "item": item, "key": key, "what": what} for item, key, what in places]


def training_rows(versions: Sequence[Version], protocol: Protocol) -> list[Row]:
    about: Row = {"pictures": 410, "texts": 1200, "caption_share": 0.72, "skew": 3.5}
    about |= {"steps": 200, "first_loss": 4.8, "last_loss": math.nan}
    places = [(v, arm) for v in range(len(versions)) for arm in protocol.arms]
    return [
        {"trial": number, "version": version, "arm": arm, "seed": 0, **about}
        for number, (version, arm) in enumerate(places)
    ]


def measure_rows(versions: Sequence[int], protocol: Protocol) -> list[Row]:
    """Give each arm's values; those of the teacher once for all versions."""
    rows = []
    for version in versions:
        for arm in protocol.arms:
            rows += _measured(version, arm, LEVELS.get(arm, 0.2) + 0.01 * version, protocol)
    return [*rows, *_measured(-1, TEACHER, LEVELS[TEACHER], protocol)]


def _measured(version: int, arm: str, value: float, protocol: Protocol) -> list[Row]:
    about = {"version": version, "arm": arm, "seeds": protocol.seeds}
    places = [("recall@1", STAMPS, value / 4), ("recall@10", STAMPS, value)]
    places += [("zero_shot", FASHION, value / 2)] if FASHION in protocol.sets else []
    spread = {"low": -0.03, "high": 0.03}
    return [
        {**about, "set": name, "measure": measure, "value": v, "questions": 198}
        | {end: v + gap for end, gap in spread.items()}
        for measure, name, v in places
    ]


def claim_rows(versions: Sequence[int], protocol: Protocol) -> list[Row]:
    return [
        {
            "claim": claim.name,
            "version": version,
            "arm": claim.arm,
            "than": claim.than,
            "measure": claim.measure,
            "seeds": protocol.seeds,
            "of_questions": 0.012,
            "of_documents": 0.015,
            "of_trainings": None,
            **dict(
                zip(
                    ("difference", "low", "high", "won", "verdict"),
                    RESULTS[claim.name],
                    strict=True,
                )
            ),
        }
        for version in versions
        for claim in protocol.claims
    ]


def curve_rows(versions: Sequence[int]) -> list[Row]:
    rows = []
    for arm, top in (("paper", 0.3), ("realistic1", 0.26)):
        for x in (100, 200, 410):
            value = top * (1 - 10 / x)
            rows += [_point(arm, v, x, value, "measured") for v in versions]
        rows.append(_point(arm, -1, 100_000, top * 1.1, "extrapolated", 0.08))
    return [*rows, *(_point("realistic1", 0, x, -0.03, "difference") for x in (100, 200, 410))]


def _point(arm: str, version: int, x: float, value: float, kind: str, wide: float = 0.02) -> Row:
    about = {"curve": "size", "arm": arm, "version": version, "x": float(x), "kind": kind}
    return {**about, "value": value, "low": value - wide, "high": value + wide}


def fit_row() -> Row:
    numbers = {"a": 0.5, "b": 1.2, "c": 10.0}
    ends = {
        f"{n}_{end}": v + d for n, v in numbers.items() for end, d in (("low", -0.1), ("high", 0.1))
    }
    return {"curve": "size", "arm": "paper", "version": 0, **numbers, **ends}


def at(root: Path) -> list[Version]:
    """Give the published versions of a root."""
    from realsyn_tasks.core.storage import Storage
    from realsyn_tasks.datasets.versions import versions

    return versions(Storage.at(str(root)))
