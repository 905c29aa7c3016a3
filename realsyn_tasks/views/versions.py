"""The page of versions: all of them, and what differs between two, and why.

Two versions are set beside each other in the background, once, and kept while this process lives:
they never change. Meanwhile an answer's `state` says what is still being done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.core.config import CONFIG_NAME
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.recent import Recent
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import tombstones
from realsyn_tasks.corpus.generations import FOLDER as CORPUS
from realsyn_tasks.datasets import change_reasons, changes, versions
from realsyn_tasks.datasets.change_reasons import Explained, Why
from realsyn_tasks.datasets.changes import Changes, fields_of, places_of
from realsyn_tasks.datasets.differences import Difference, Side, differences
from realsyn_tasks.datasets.manifest import DATASETS, MANIFEST, DamagedDataset
from realsyn_tasks.datasets.publication import NOTE, Publication, publications
from realsyn_tasks.datasets.shards import shards
from realsyn_tasks.datasets.verification import verify
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.report.gates import gates_of
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.views import withheld
from realsyn_tasks.views.background import Background
from realsyn_tasks.views.change_words import deciding, sentence
from realsyn_tasks.views.galleries import version_of

COMPARING, EXPLAINING, READY = "comparing", "explaining", "ready"
MOST_ROWS = 100  # of one answer
SHOWN = [
    *("image_id", "key", "text1", "text2", "text3", "syn_text", "recaption", "caption", "alt"),
    *(
        "licence",
        "raw_image_url",
        "document_url",
        "crawled",
        "realistic_scores",
        "relevance",
        "syn_score",
    ),
    *("cluster_id", "tags"),
]
_SIDES: Recent[Side] = Recent(8)
_OVERRIDES: Recent[list[dict[str, Any]]] = Recent(200)
_COMPARED = Background(most=3)
_EXPLAINED = Background(most=6)


@dataclass(frozen=True)
class _Two:
    """Two versions with what made them."""

    old: Side
    new: Side

    @property
    def key(self) -> tuple[str, ...]:
        """Give what tells these two, and the builds that are there to explain them."""
        builds = [side.build.uri if side.build else "" for side in (self.old, self.new)]
        return self.old.version.uri, self.new.version.uri, *builds

    def compared(self) -> Changes | None:
        """Set them beside each other; None while that is being done."""
        old, new = self.old.version, self.new.version
        return _COMPARED.ready((old.uri, new.uri), lambda: changes.compare(old, new))

    def explained(self, made: Changes) -> Explained | None:
        """Find the causes; None while they are being sought."""

        def explain() -> Explained:
            return change_reasons.explain(made, self.old, self.new, differences(self.old, self.new))

        return _EXPLAINED.ready(self.key, explain)


def _two(root: str, old: str, new: str) -> _Two:
    chosen = [version_of(root, name) for name in (old, new)]
    notes = publications(chosen[0].storage)
    before, after = (_kept_side(version, notes) for version in chosen)
    return _Two(before, after)


def _kept_side(version: Version, notes: Mapping[str, Publication]) -> Side:
    """Give a version with what made it, read once as long as nothing of that changes."""
    storage, builds = version.storage, _builds(version, notes)
    configs = [storage.tag(f"{build}/{CONFIG_NAME}") for build in builds]
    key = (version.uri, *builds, *configs, *storage.folders(CORPUS))
    return _SIDES.of(key, lambda: Side.of(version, notes, PIPELINE))


def _builds(version: Version, notes: Mapping[str, Publication]) -> list[str]:
    return [folder for folder, note in notes.items() if note.path == version.path]


def dataset_versions(root: str) -> dict[str, Any]:
    """Give all published versions by dataset, the newest first: what each is, and its state."""
    storage = Storage.at(root)
    notes = publications(storage)
    return {"datasets": [_dataset(storage, path, notes) for path in versions.datasets(storage)]}


def _dataset(storage: Storage, path: str, notes: Mapping[str, Publication]) -> dict[str, Any]:
    known = [version for version in versions.folders(storage, path) if version.exists]
    rows = [_version(version, notes) for version in known]
    rows.sort(key=lambda row: (-(row["published"] or 0), row["version"]))
    return {"name": path.removeprefix(f"{DATASETS}/"), "latest": _latest(storage, path)} | {
        "versions": rows
    }


def _latest(storage: Storage, dataset: str) -> str | None:
    """Name the version that the pointer leads to; None where it cannot be read."""
    try:
        return versions.latest(storage, dataset).name
    except DamagedDataset:
        return None


def _version(version: Version, notes: Mapping[str, Publication]) -> dict[str, Any]:
    about = {
        "version": version.name,
        "path": version.path.removeprefix(f"{DATASETS}/"),
        "uri": version.uri,
        "published": version.storage.written(version.at(MANIFEST)),
        "builds": _builds(version, notes),
        "overrides": [
            each for build in _builds(version, notes) for each in _overrides(version, build)
        ],
        "faults": [finding.record() for finding in verify(version, checksums=False)],
    }
    try:
        manifest = version.manifest
    except DamagedDataset:
        return about
    return {
        **about,
        "pairs": manifest.pairs,
        "bytes": sum(file.size for file in manifest.files),
        "shards": len(manifest.files) // 2,
        "scale": manifest.scale,
        "target": manifest.target,
        "generations": [ref.generation for ref in manifest.generations],
        "models": manifest.models,
        "attachments": _attachments(version),
    }


def _overrides(version: Version, build: str) -> list[dict[str, Any]]:
    """Give the failed gates that a person let pass on the way to a version."""

    def read() -> list[dict[str, Any]]:
        run = Workspace.open(f"{version.storage.uri}/{build}", PIPELINE)
        given = [gate.override for gate in gates_of(run) if gate.override]
        return [each.model_dump(mode="json") for each in given]

    try:
        return _OVERRIDES.of((version.uri, build, version.storage.tag(f"{build}/{NOTE}")), read)
    except ConfigError:  # gone meanwhile, or damaged: the page of the build says so
        return []


def _attachments(version: Version) -> list[dict[str, Any]]:
    """List what is attached; a list that is damaged is among the faults."""
    try:
        return [{"path": each.path, "bytes": each.size} for each in version.attachments()]
    except DamagedDataset:
        return []


def verified_version(root: str, *, version: str) -> dict[str, Any]:
    """Hold every file of a version against its checksum: reads all of it."""
    findings = verify(version_of(root, version))
    return {"faults": [finding.record() for finding in findings]}


def version_changes(root: str, *, old: str, new: str) -> dict[str, Any]:
    """Give how two versions differ: pairs by what became of them and why, and their builds.

    `state` is `comparing`, then `explaining`, then `ready`; what is not known yet is null.
    """
    two = _two(root, old, new)
    different = differences(two.old, two.new)
    answer: dict[str, Any] = {
        "old": _side(two.old),
        "new": _side(two.new),
        "differences": [_difference(each) for each in different],
        "state": COMPARING,
        "counts": None,
        "fields": None,
        "whys": None,
    }
    if (made := two.compared()) is None:
        return answer
    answer |= {"state": EXPLAINING, "counts": made.counts(), "fields": made.by_field()}
    if (explained := two.explained(made)) is None:
        return answer
    return answer | {"state": READY, "whys": list(_whys(two, explained, different))}


def _side(side: Side) -> dict[str, Any]:
    manifest = side.version.manifest
    return {
        "version": side.version.path.removeprefix(f"{DATASETS}/"),
        "pairs": manifest.pairs,
        "build": side.build.folder if side.build else None,
    }


def _difference(each: Difference) -> dict[str, Any]:
    return {name: getattr(each, name) for name in ("group", "where", "name", "old", "new")}


def _whys(two: _Two, explained: Explained, different: list[Difference]) -> Iterator[dict[str, Any]]:
    numbers = {line.request: line.number for line in _log(two)}
    crawls = {str(g.generation): g.crawl for g in two.old.known}
    for why, count in explained.counts():
        yield {
            **_named(why),
            "count": count,
            "words": sentence(why, numbers, crawls, PIPELINE.reason_words),
            "settings": deciding(why, two.old.build, two.new.build, different),
        }


def _log(two: _Two) -> tuple[tombstones.Logged, ...]:
    return tombstones.state(two.old.version.storage).log


def _named(why: Why) -> dict[str, str]:
    return {"change": why.change, "cause": why.cause, "at": why.at, "reason": why.reason}


def changed_pairs(
    root: str,
    *,
    old: str,
    new: str,
    change: str = "",
    cause: str = "",
    at: str = "",
    reason: str = "",
    field: str = "",
    offset: int = 0,
    limit: int = 12,
) -> dict[str, Any]:
    """Give pairs that differ, of a change, a cause or a column, as either version has them."""
    two = _two(root, old, new)
    made = two.compared()
    explained = None if made is None else two.explained(made)
    if made is None or explained is None:
        return {"state": COMPARING if made is None else EXPLAINING, "total": None, "rows": []}
    asked = {"change": change, "cause": cause, "at": at, "reason": reason}
    chosen = np.flatnonzero(_mask(made, explained, asked, field))
    first = max(0, offset)
    part = chosen[first : first + min(max(limit, 0), MOST_ROWS)]
    rows = list(_rows(two, made, explained, part))
    return {"state": READY, "total": len(chosen), "rows": rows}


def _mask(
    made: Changes, explained: Explained, asked: Mapping[str, str], field: str
) -> NDArray[np.bool_]:
    wanted = {name: word for name, word in asked.items() if word}
    codes = [
        code
        for code, why in enumerate(explained.whys)
        if all(getattr(why, name) == word for name, word in wanted.items())
    ]
    mask: NDArray[np.bool_] = np.isin(explained.codes, codes)
    return mask & made.differ_in(field) if field in made.fields else mask


def _rows(
    two: _Two, made: Changes, explained: Explained, part: NDArray[np.int64]
) -> Iterator[dict[str, Any]]:
    rows = made.rows[part]
    sides = {"old": two.old.version, "new": two.new.version}
    read = {n: _shown(v, np.array(rows[n])) for n, v in sides.items()}
    numbers = {name: _row_numbers(v, np.array(rows[name])) for name, v in sides.items()}
    for place, code in enumerate(explained.codes[part].tolist()):
        yield {
            "image_id": rows["id"][place].decode(),
            "fields": fields_of(int(rows["fields"][place])),
            **_named(explained.whys[code]),
            **{name: read[name][place] or None for name in sides},
            **{f"{name}_row": numbers[name][place] for name in sides},
        }


def _shown(version: Version, places: NDArray[np.int64]) -> list[Mapping[str, Any]]:
    """Read what is shown of rows; of what was taken down, its id alone."""
    gone = np.isin(places, withheld.places_of(version)).tolist()
    read = changes.rows_at(version, places, SHOWN)
    return [
        {**dict.fromkeys(SHOWN), "image_id": row["image_id"]} if row and out else row
        for row, out in zip(read, gone, strict=True)
    ]


def _row_numbers(version: Version, places: NDArray[np.int64]) -> list[int | None]:
    """Number rows over all shards, as the index of pairs does; None for place -1."""
    counts = [shard.table.rows or 0 for shard in shards(version)]
    starts = np.concatenate([[0], np.cumsum(counts)])
    numbers, rows = places_of(places)
    known = zip(places.tolist(), numbers.tolist(), rows.tolist(), strict=True)
    return [int(starts[shard]) + row if place >= 0 else None for place, shard, row in known]


VIEWS = (dataset_versions, verified_version, version_changes, changed_pairs)
