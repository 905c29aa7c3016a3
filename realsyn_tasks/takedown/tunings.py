"""Which tunings have examples of versions that hold what is taken down, and what becomes of them.

Nothing can be taken out of weights. So the models are withdrawn: no run is opened with such a card
any more, until it is tuned again on a version that was published since. Runs that were opened with
it before, the weights, and the tables of the tuning stay until somebody removes the folders, which
are named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from realsyn_tasks.core.declaration import HandedOn
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.pinned import VersionRef
from realsyn_tasks.kinds import TUNING, VERSION
from realsyn_tasks.models import stored
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.tune.group import GROUP

TABLES = ("train", "held_out")
Learnt = Mapping[str, Any]


def learnt(storage: Storage, versions: Collection[str], ids: Collection[str]) -> list[Learnt]:
    """Say of each tuning that is pinned to some versions what it had of what is taken down.

    `examples` counts those that the model learnt of, `held_out` those that it was measured by, by
    the ids of pictures and sentences; None where that cannot be told: the tuning has not come so
    far, or nothing of the corpus that the version came from is left to know ids by. `model` is the
    folder of the model that came of it, "" where none did.
    """
    made = set(storage.folders(stored.FOLDER)) if versions else set()
    return [
        {
            "tuning": run.folder,
            "model": model if (model := f"{stored.FOLDER}/{run.config.name}") in made else "",
            **_counts(run, ids),
        }
        for run in (Runs(storage.uri).of_kind(TUNING) if versions else ())
        if VersionRef.model_validate(run.config.sources[VERSION.name].reference).path in versions
    ]


def folders_of(every: Iterable[Learnt]) -> list[str]:
    """Name the folders of such tunings, and of the models made by them."""
    return [each[what] for each in every for what in ("tuning", "model") if each[what]]


def withdraw(storage: Storage, request: str, every: Iterable[Learnt]) -> list[str]:
    """Withdraw the models that have learnt of what is taken down, or may have; name them.

    One that is known to have learnt of none of it stays.
    """
    return [
        each["model"]
        for each in every
        if each["model"]
        and each["examples"] != 0
        and stored.withdraw(storage, each["model"], f"takedown {request}")
    ]


def _counts(run: Workspace, ids: Collection[str]) -> dict[str, int | None]:
    evidence = Evidence(run, "")
    commits = evidence.commits(_examples().stage) if ids else ()
    if not commits:
        return {"examples": None, "held_out": None}
    train, held_out = (
        sum(_hit(row, ids) for commit in commits for row in _rows(evidence, commit, table))
        for table in TABLES
    )
    return {"examples": train, "held_out": held_out}


def _examples() -> HandedOn:
    """Give what a tuning hands on as what its model learnt from."""
    return next(each for each in GROUP.hands_on if each.name == "examples")


def _rows(evidence: Evidence, commit: Any, table: str) -> Iterator[Mapping[str, Any]]:
    for piece in evidence.read(commit.objects[table], ["image_id", "sentence"]):
        yield from piece.to_pylist()


def _hit(row: Mapping[str, Any], ids: Collection[str]) -> bool:
    return row["image_id"] in ids or sentence_id(row["sentence"]) in ids
