"""The evaluations of a root, and what is attached of them to the versions that they are of.

{version}/evaluation.json    the outcomes of all that evaluated it (evaluate.outcome)
          evaluation.html    the same for people

What a version was evaluated as stays with it, wherever it is copied to and whatever becomes of the
run; the same run done again takes the place of what it had said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.manifest import DATASETS, DamagedDataset
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.evaluate.group import GROUP
from realsyn_tasks.evaluate.outcome import outcome, versions
from realsyn_tasks.kinds import EVALUATION
from realsyn_tasks.report.evaluated import Outcome
from realsyn_tasks.runs.root import Runs

RECORD, PAGE = "evaluation.json", "evaluation.html"
FORMAT = "realsyn evaluations 1"
NEEDED = {"evaluation", "protocol", "versions", "measures", "claims", "comparable", "arms"}


def complete(storage: Storage) -> list[Workspace]:
    """Give the evaluations of a root that are promoted, by name."""
    runs = Runs(storage.uri).of_kind(EVALUATION)
    return [run for run in runs if run.promotion(GROUP.name) is not None]


def versions_of(run: Workspace) -> list[Version]:
    """Give the versions that a run evaluates."""
    return [Version(run.storage, each["path"]) for each in versions(run)]


def of_version(version: Version) -> list[Outcome]:
    """Give all that is known of a version: of complete runs of its root, and what was attached."""
    known = {str(each["evaluation"]): each for each in attached(version)}
    known |= {
        run.config.name: told
        for run in complete(version.storage)
        if version.path in {each.path for each in versions_of(run)} and (told := finished(run))
    }
    return [known[name] for name in sorted(known)]


def finished(run: Workspace) -> Outcome | None:
    """Give the outcome of a run; None where its claims have to be judged again."""
    try:
        return outcome(run)
    except ConfigError:
        return None


def attached(version: Version) -> list[Outcome]:
    """Read what is attached to a version; none where nothing is, or it is not of this project."""
    try:
        listed = {each.path for each in version.attachments()}
        data = version.storage.read(version.at(RECORD)) if RECORD in listed else b""
        return _read(data)
    except (DamagedDataset, FileNotFoundError):
        return []


def _read(data: bytes) -> list[Outcome]:
    try:
        record: Any = json.loads(data) if data else {}
    except ValueError:
        return []
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        return []
    return [each for each in record.get("evaluations", ()) if each.keys() >= NEEDED]


def record(outcomes: Iterable[Outcome]) -> bytes:
    """Write outcomes as they are attached: the same outcomes give the same bytes."""
    about = {"format": FORMAT, "evaluations": list(outcomes)}
    text = json.dumps(about, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def named(root: str, name: str) -> Workspace:
    """Open an evaluation by its name or URI; ConfigError where it is none of this root."""
    storage = Storage.at(root)
    folder = f"{EVALUATION.folder}/{name.rstrip('/').rsplit('/', 1)[-1]}"
    if "/" in name and f"{storage.uri}/{folder}" != name.rstrip("/") and name.rstrip("/") != folder:
        raise ConfigError(f"{name} is no evaluation of {storage.uri}")
    return Runs.at(f"{storage.uri}/{folder}")


def short(path: str) -> str:
    """Name a version as pages do: DATASET/VERSION."""
    return path.removeprefix(f"{DATASETS}/")
