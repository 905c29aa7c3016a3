"""Which runs hold texts and models of versions that hold what is taken down: tunings, evaluations.

Nothing can be taken out of weights, nor out of the lessons that an evaluation drew. So these are
named: whoever wants them clean removes the folders, and opens them again on a version that was
published since.
"""

from __future__ import annotations

from collections.abc import Collection

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.pinned import VersionRef, VersionsRef
from realsyn_tasks.kinds import EVALUATION, TUNING, VERSION, VERSIONS
from realsyn_tasks.models import stored
from realsyn_tasks.runs.root import Runs


def tunings_of(storage: Storage, versions: Collection[str]) -> list[str]:
    """Name the folders of tunings that are pinned to some versions, and of models made by them."""
    if not versions:
        return []
    made = set(storage.folders(stored.FOLDER))
    folders: list[str] = []
    for run in Runs(storage.uri).of_kind(TUNING):
        pinned = VersionRef.model_validate(run.config.sources[VERSION.name].reference)
        if pinned.path in versions:
            model = f"{stored.FOLDER}/{run.config.name}"
            folders += [run.folder, *([model] if model in made else [])]
    return folders


def evaluations_of(storage: Storage, versions: Collection[str]) -> list[str]:
    """Name the folders of evaluations of which one version or more is among some."""
    if not versions:
        return []
    folders: list[str] = []
    for run in Runs(storage.uri).of_kind(EVALUATION):
        pinned = VersionsRef.model_validate(run.config.sources[VERSIONS.name].reference)
        if any(version.path in versions for version in pinned.versions):
            folders.append(run.folder)
    return folders
