"""Evaluations that may hold what was taken down of a version are named."""

from __future__ import annotations

import shutil
from pathlib import Path

from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.pinned import VersionRef, VersionsRef
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.kinds import EVALUATION, VERSIONS
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.takedown.command import _item_lines, _kept_beside
from realsyn_tasks.takedown.evaluations import folders_of
from tests.finished import open_run


def test_an_evaluation_is_named_with_each_of_its_versions(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    promote(open_run(tmp_path, "sample"), "sample")
    storage = Storage.at(str(tmp_path))
    [version] = storage.folders("datasets/realsyn-tiny")
    pinned = VersionRef.of(Version(storage, version))
    other = pinned.model_copy(update={"path": "datasets/realsyn-tiny/v-other"})
    reference = VersionsRef(versions=(other, pinned))
    config = RunConfig(
        kind=EVALUATION.name,
        name="heads",
        axes={VERSIONS.axis: 2},
        models={},
        stages={},
        sources={VERSIONS.name: reference.pinned()},
    )
    Workspace.create(storage, config, PIPELINE)
    assert folders_of(storage, [version]) == ["evaluations/heads"]
    assert folders_of(storage, ["datasets/realsyn-tiny/v-third"]) == []
    hit = [{"dataset": version, "pairs": 0, "texts": 1}]
    summary = {"beside": _kept_beside(storage, {}, hit), "first": []}
    summary |= {"images": 0, "sentences": 0, "pages": 0}
    assert any("evaluations/heads: made of texts" in line for line in _item_lines(summary))
