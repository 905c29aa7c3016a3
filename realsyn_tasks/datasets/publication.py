"""Publishes a dataset: final names, a card, a report, and a manifest that makes it exist.

    {root}/datasets/realsyn-{scale}/{version}/data/train-00000-of-00003.parquet
                                              webdataset/00000.tar
                                              README.md, report.html, manifest.json
    {root}/datasets/realsyn-{scale}/latest.json

The version is derived from the configuration and from every published byte: the same inputs give
the same version in any root. No published file tells a time, a duration or a place.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import RootModel

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.records import derived_record
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.core.workspace import Workspace

DATASETS = "datasets"
MANIFEST = "manifest.json"


class Note(RootModel[dict[str, Any]]):
    """What a build published last."""


def publish(workspace: Workspace) -> dict[str, Any]:
    """Publish what the sample group made; once is enough for the same content."""
    evidence = Evidence(workspace, "sample")
    state = _state(evidence)
    earlier = published(workspace)
    if earlier and earlier["state"] == state:
        return _answer(workspace, earlier)
    record = _publish(evidence) | {"state": state}
    data = json.dumps(record, indent=1, sort_keys=True).encode()
    workspace.storage.replace(_note(workspace), data)
    return _answer(workspace, record)


def published(workspace: Workspace) -> dict[str, Any] | None:
    """Give the note of what this build published last, if its dataset is still there."""
    advice = f"promote it again: promote sample --build {workspace.uri}"
    note = derived_record(workspace.storage, _note(workspace), Note, advice)
    if note is None:
        return None
    record = note.root
    return record if workspace.storage.exists(f"{record['path']}/{MANIFEST}") else None


def _note(workspace: Workspace) -> str:
    return f"{workspace.folder}/_promoted/dataset.json"


def _answer(workspace: Workspace, record: dict[str, Any]) -> dict[str, Any]:
    uri = f"{workspace.storage.uri}/{record['path']}"
    wanted = {name: record[name] for name in ("version", "pairs")}
    return {"uri": uri, "report": f"{uri}/report.html", **wanted}


def _state(evidence: Evidence) -> str:
    """Digest all that a publication is made of, so that an unchanged one is left alone."""
    config = evidence.workspace.config
    stages = [stage.name for stage in evidence.workspace.stages()]
    commits = {name: [commit.digest for commit in evidence.commits(name)] for name in stages}
    return digest([config.digest(), commits, _code()])


@lru_cache(maxsize=1)
def _code() -> str:
    files = sorted(path for path in Path(__file__).parent.rglob("*.*") if path.suffix != ".pyc")
    return digest([(file.name, file.read_text("utf-8")) for file in files])


def _publish(evidence: Evidence) -> dict[str, Any]:
    from realsyn_tasks.report import card, page
    from realsyn_tasks.report.facts import gather

    workspace = evidence.workspace
    facts = gather(evidence)
    data = _data_files(evidence)
    texts = {
        "README.md": card.render(facts).encode(),
        "report.html": page.render(facts).encode(),
    }
    files = _file_list(data, texts)
    about = facts.manifest()
    version = f"v-{digest([about, files])[:12]}"
    folder = f"{DATASETS}/realsyn-{workspace.config.scale}/{version}"
    for name, ref in data.items():
        _copy(workspace, ref, f"{folder}/{name}")
    for name, text in texts.items():
        workspace.storage.replace(f"{folder}/{name}", text)
    _write_manifest(workspace, folder, about | {"version": version, "files": files})
    return {"path": folder, "version": version, "pairs": facts.pairs}


def _copy(workspace: Workspace, ref: ObjectRef, path: str) -> None:
    """Copy an object to its final name; DamagedObject if it is not the one committed any more."""
    copied = workspace.storage.copy(ref, path)
    if copied.sha256 != ref.sha256:
        workspace.storage.delete(path)
        raise DamagedObject(ref.path, "its checksum differs")


def _data_files(evidence: Evidence) -> dict[str, ObjectRef]:
    """Name the committed objects as they are published, leaving out empty shards."""
    commits: list[Commit] = [c for c in evidence.commits("export") if c.rows.get("pairs")]
    files = {}
    for number, commit in enumerate(commits):
        table = f"data/train-{number:05d}-of-{len(commits):05d}.parquet"
        files[table] = commit.objects["pairs"]
        files[f"webdataset/{number:05d}.tar"] = commit.objects["samples"]
    return files


def _file_list(data: dict[str, ObjectRef], texts: dict[str, bytes]) -> list[dict[str, Any]]:
    listed = [
        {"path": name, "size": ref.size, "sha256": ref.sha256, "rows": ref.rows}
        for name, ref in data.items()
    ]
    listed += [
        {"path": name, "size": len(text), "sha256": hashlib.sha256(text).hexdigest(), "rows": None}
        for name, text in texts.items()
    ]
    return sorted(listed, key=lambda file: str(file["path"]))


def _write_manifest(workspace: Workspace, folder: str, manifest: dict[str, Any]) -> None:
    """Write what makes the version exist, then point `latest.json` at it."""
    data = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode()
    path = f"{folder}/{MANIFEST}"
    if not workspace.storage.put_if_absent(path, data) and workspace.storage.read(path) != data:
        raise DamagedObject(path, "it is not what the same content gave before; remove the version")
    pointer = {name: manifest[name] for name in ("name", "version", "pairs")}
    latest = f"{folder.rsplit('/', 1)[0]}/latest.json"
    text = json.dumps({**pointer, "path": folder.rsplit("/", 1)[1]}, indent=1, sort_keys=True)
    workspace.storage.replace(latest, text.encode())
