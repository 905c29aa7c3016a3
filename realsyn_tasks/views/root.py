"""The page of a root: crawls, generations, builds, versions, takedowns, and what came of what.

Only light records are read, never a table. Records that never change are kept while they have the
tag that they had.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from realsyn_tasks.core.answers import GateRecord
from realsyn_tasks.core.config import CONFIG_NAME, RunConfig
from realsyn_tasks.core.records import DamagedRecord, derived_record, read_record
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import tombstones
from realsyn_tasks.corpus.generations import FOLDER as CORPUS_FOLDER
from realsyn_tasks.corpus.generations import (
    damage_in_words,
    read_generation,
)
from realsyn_tasks.corpus.pinned import CorpusRef
from realsyn_tasks.datasets import publication, versions
from realsyn_tasks.datasets.manifest import MANIFEST, DamagedDataset
from realsyn_tasks.kinds import BUILD, CORPUS, EXTRACT
from realsyn_tasks.runs import arrivals
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.views.background import PATIENCE, Background
from realsyn_tasks.views.kept import Kept

Row = dict[str, Any]
Kind = TypeVar("Kind")

WAITING, BEGUN, FAILED, PUBLISHED, DAMAGED = "waiting", "begun", "failed", "published", "damaged"
OPEN_AGAIN = "open the build again under the same name; what is committed stays"
GATE_AGAIN = "run the gate again"
SHOWN_ENTRIES = 20  # of a request
FRESH = 60.0  # seconds for which a look at a generation's objects counts
_kept: Kept[Row] = Kept(limit=5000)
LONG = 86_400.0  # seconds
_looks = Background(most=100)


def crawls(root: str, *, folder: str = "", marker: str = arrivals.MARKER) -> Row:
    """Give the crawls that have arrived, or begun to: state, why, and their extract's run.

    One look: a crawl whose files still change counts as ready as soon as its marker is there.
    """
    place = arrivals.Arrivals(root, folder, marker, settle_seconds=0.0)
    opened = {name.rsplit("/", 1)[-1] for name in Storage.at(root).folders(EXTRACT.folder)}
    return {
        "crawls": [
            crawl.record() | {"extract": crawl.name if crawl.name in opened else ""}
            for crawl in arrivals.crawls(place)
        ]
    }


def overview(root: str) -> Row:
    """Give generations, builds, versions and takedowns, each with what it was made of.

    What takes long to look at, the objects of a large generation, is told by a later answer.
    """
    return whole_overview(root, PATIENCE)


def whole_overview(root: str, patience: float = LONG) -> Row:
    """Give the same, with so many seconds of patience for looks at objects."""
    storage = Storage.at(root)
    builds = _builds(storage)
    return {
        "root": storage.uri,
        "groups": [group.name for group in PIPELINE.groups_of(BUILD.name)],
        "generations": _generations(storage, patience),
        "builds": builds,
        "versions": _versions(storage, builds),
        "takedowns": _takedowns(storage),
    }


def builds(root: str) -> Row:
    """Give the builds of a root, the one that was opened last first: name, URI, scale, state."""
    known = sorted(_builds(Storage.at(root)), key=lambda row: row["opened"] or 0, reverse=True)
    return {"builds": known}


def release(root: str, *, crawl: str, by: str = "") -> Row:
    """Take a crawl out of quarantine, by the name of its extract or its URI."""
    return {"released": arrivals.release(root, crawl).model_dump(), "by": by}


def _generations(storage: Storage, patience: float) -> list[Row]:
    paths = [f"{folder}/generation.json" for folder in storage.folders(CORPUS_FOLDER)]
    rows = _there(storage.each(partial(_kept.get, storage, make=_generation), paths))
    until = time.monotonic() + patience
    seen = [row | _damage(storage, row, until) for row in rows]
    return sorted(seen, key=lambda row: row["generation"])


def _damage(storage: Storage, row: Row, until: float) -> Row:
    """Look, now and then, whether the objects of a generation are there in full size."""
    if row["state"] == DAMAGED:
        return {}
    number, now = row["generation"], time.monotonic()
    key = (storage.uri, number, row["digest"], now // FRESH)
    why = _looks.ready(key, lambda: damage_in_words(storage, number), max(0.0, until - now))
    return {"state": DAMAGED, "why": why} if why else {}


def _generation(storage: Storage, path: str) -> Row:
    """Sum up a generation; its record has a line for each of its shards."""
    try:
        known = read_generation(storage, path)
    except DamagedRecord as damage:
        number = int(path.split("/")[-2].removeprefix("gen=") or 0)
        return {"generation": number, "state": DAMAGED, "why": str(damage)}
    return {
        **known.reference().model_dump(),
        "state": "ingested",
        "crawl": known.crawl,
        "crawl_uri": known.crawl_uri,
        "extract": known.extract,
        "when": storage.written(path),
    }


def _builds(storage: Storage) -> list[Row]:
    return _there(storage.each(partial(_build, storage), storage.folders(BUILD.folder)))


def _build(storage: Storage, folder: str) -> Row | None:
    config = _kept.get(storage, f"{folder}/{CONFIG_NAME}", make=_config)
    if config is None or config["state"] == DAMAGED:
        return config
    return config | _progress(storage, folder)


def _config(storage: Storage, path: str) -> Row:
    """Tell what a build was told, as far as it is shown."""
    folder = path.rpartition("/")[0]
    known = {"name": folder.rsplit("/", 1)[1], "build": f"{storage.uri}/{folder}"}
    opened = storage.written(path)
    try:
        config = read_record(storage, path, RunConfig, OPEN_AGAIN)
    except DamagedRecord as damage:
        return {**known, "opened": opened, "state": DAMAGED, "why": str(damage)}
    pinned = config.sources.get(CORPUS.name)
    corpus = CorpusRef.model_validate(pinned.reference if pinned else {})
    return {
        **known,
        "opened": opened,
        "state": WAITING,
        "scale": config.scale,
        "target": config.target,
        "generations": [each.generation for each in corpus.generations],
        "takedown": corpus.takedown.number if corpus.takedown else 0,
        "images": corpus.rows["images"],
        "sentences": corpus.rows["sentences"],
        "earlier": config.earlier,
    }


def _progress(storage: Storage, folder: str) -> Row:
    """Tell from pointers and gates how far a build is; whether they still hold is not asked."""
    pointers = {path.rsplit("/", 1)[-1] for path, _ in storage.listing(f"{folder}/_promoted")}
    groups = [group.name for group in PIPELINE.groups_of(BUILD.name)]
    promoted = [name for name in groups if f"{name}.json" in pointers]
    gate = _gate(storage, folder, next((n for n in groups if n not in promoted), ""))
    note = publication.noted_by(storage, folder) if "dataset.json" in pointers else None
    return {
        "state": _state(promoted == groups, gate, bool(promoted) or _has_begun(storage, folder)),
        "why": gate.summary if gate and not gate.passed else "",
        "promoted": promoted,
        "gate": {"group": gate.group, "passed": gate.passed} if gate else None,
        "version": note.path if note else "",
    }


def _state(published: bool, gate: GateRecord | None, begun: bool) -> str:
    if published:
        return PUBLISHED
    if gate and not gate.passed:
        return FAILED
    return BEGUN if begun else WAITING


def _gate(storage: Storage, folder: str, group: str) -> GateRecord | None:
    path = f"{folder}/_gates/{group}/result.json"
    return derived_record(storage, path, GateRecord, GATE_AGAIN) if group else None


def _has_begun(storage: Storage, folder: str) -> bool:
    stages = (path.rsplit("/", 1)[-1] for path in storage.folders(folder))
    return any(not name.startswith("_") for name in stages)


def _versions(storage: Storage, builds: list[Row]) -> list[Row]:
    made_by: dict[str, list[str]] = {}
    for build in builds:
        made_by.setdefault(build.get("version", ""), []).append(build["name"])
    rows = [row for dataset in versions.datasets(storage) for row in _of_dataset(storage, dataset)]
    return [row | {"builds": made_by.get(row["path"], [])} for row in rows]


def _of_dataset(storage: Storage, dataset: str) -> Iterator[Row]:
    try:
        latest = versions.latest(storage, dataset).name
    except DamagedDataset:
        latest = ""
    paths = [version.at(MANIFEST) for version in versions.folders(storage, dataset)]
    for row in _there(storage.each(partial(_kept.get, storage, make=_version), paths)):
        yield row | {"latest": row["version"] == latest}


def _version(storage: Storage, path: str) -> Row:
    version = versions.Version(storage, path.rpartition("/")[0])
    known = {
        "dataset": version.dataset.rsplit("/", 1)[1],
        "version": version.name,
        "path": version.path,
        "uri": version.uri,
        "when": storage.written(path),
    }
    try:
        manifest = version.manifest
    except DamagedDataset as damage:
        return {**known, "state": DAMAGED, "why": str(damage)}
    return {
        **known,
        "state": PUBLISHED,
        "pairs": manifest.pairs,
        "scale": manifest.scale,
        "target": manifest.target,
        "bytes": sum(file.size for file in manifest.files),
        "generations": [each.generation for each in manifest.generations],
    }


def _takedowns(storage: Storage) -> list[Row]:
    lines = tombstones.state(storage).log
    read = storage.each(partial(tombstones.read, storage), [line.request for line in lines])
    return [
        {
            "number": line.number,
            "request": request.id,
            "entries": request.count,
            "kinds": {kind: len(values) for kind, values in request.entries.items()},
            "first": [v for values in request.entries.values() for v in values][:SHOWN_ENTRIES],
            "note": request.note,
        }
        for line, request in zip(lines, read, strict=True)
    ]


def _there(rows: list[Kind | None]) -> list[Kind]:
    return [row for row in rows if row is not None]


VIEWS: tuple[Callable[..., Row], ...] = (crawls, overview, builds)
ACTIONS: tuple[Callable[..., Row], ...] = (release,)
