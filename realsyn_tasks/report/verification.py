"""What is wrong with published datasets, for people: file by file, and which build mends it."""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core.errors import ConfigError, PermanentError
from realsyn_tasks.core.screen import stream
from realsyn_tasks.datasets.manifest import Fault
from realsyn_tasks.datasets.publication import Publication, publications
from realsyn_tasks.datasets.verification import Finding, verify
from realsyn_tasks.datasets.versions import at, versions
from realsyn_tasks.runs.root import Runs

ORPHAN = "no build here published it last: copy it back, or remove the version"
Record = dict[str, Any]


class DatasetsDamaged(PermanentError):
    """A published dataset is not what its manifest says."""


def verified(root: str, dataset: str, quick: bool) -> Record:
    """Check a dataset or version by its URI, or else all datasets of a root.

    ConfigError where there is none.
    """
    if dataset:
        chosen = at(dataset)
        storage = chosen[0].storage
        findings = [finding for version in chosen for finding in verify(version, not quick)]
    else:
        runs = Runs(root)
        storage = runs.storage
        chosen, findings = versions(storage), runs.verify(not quick)
        if not chosen and not findings:
            raise ConfigError(f"there are no datasets in {root}; name the root of some")
    builds = publications(storage)
    different = dict.fromkeys(findings)  # versions of one dataset share its pointer
    records = [{**finding.record(), "builds": _concerned(finding, builds)} for finding in different]
    damaged = sum(finding.damages for finding in different)
    return {"versions": [v.path for v in chosen], "damaged": damaged, "findings": records}


def _concerned(finding: Finding, builds: dict[str, Publication]) -> list[str]:
    """Name the builds that published the version of a file, or one that a pointer may name."""
    folder = finding.path.rsplit("/", 1)[0]
    return [
        build
        for build, note in builds.items()
        if finding.path.startswith(f"{note.path}/") or note.path.startswith(f"{folder}/")
    ]


def show(record: Record) -> None:
    """Print the findings for people."""
    for finding in record["findings"]:
        mark = "damaged" if finding["damages"] else "note"
        said = f"{finding['fault']}, {finding['detail']}; {finding['remedy']}"
        if finding["fault"] != Fault.EXTRA:
            said += f" ({', '.join(finding['builds']) or ORPHAN})"
        print(f"{mark}: {finding['path']}: {said}", file=stream())
    whole = "" if record["damaged"] else ", all whole"
    print(f"{len(record['versions'])} versions checked{whole}", file=stream())


def require_whole(record: Record) -> None:
    """Raise DatasetsDamaged (exit 65) if anything is damaged."""
    damages = [finding for finding in record["findings"] if finding["damages"]]
    if damages:
        first = damages[0]
        raise DatasetsDamaged(
            f"{len(damages)} files of published datasets are damaged; the first is"
            f" {first['path']} ({first['fault']}): {first['remedy']}"
        )
