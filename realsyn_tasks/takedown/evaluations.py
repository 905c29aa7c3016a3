"""Which evaluations hold what is taken down of versions, in their lessons or in models.

Nothing can be taken out of weights, nor out of the lessons that an evaluation drew. So these are
named: whoever wants them clean removes the folders, and evaluates a version that was published
since.
"""

from __future__ import annotations

from collections.abc import Collection

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.pinned import VersionsRef
from realsyn_tasks.kinds import EVALUATION, VERSIONS
from realsyn_tasks.runs.root import Runs


def folders_of(storage: Storage, versions: Collection[str]) -> list[str]:
    """Name the folders of evaluations of which one version or more is among some."""
    if not versions:
        return []
    folders: list[str] = []
    for run in Runs(storage.uri).of_kind(EVALUATION):
        pinned = VersionsRef.model_validate(run.config.sources[VERSIONS.name].reference)
        if any(version.path in versions for version in pinned.versions):
            folders.append(run.folder)
    return folders
