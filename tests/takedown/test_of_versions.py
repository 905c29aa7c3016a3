"""Runs that may hold what was taken down of a version are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.pinned import VersionRef, VersionsRef
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.kinds import EVALUATION, VERSIONS
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.runs.tunings import TuningForm, open_tuning
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.takedown.command import _item_lines, _kept_beside
from realsyn_tasks.takedown.of_versions import evaluations_of, tunings_of
from tests.finished import finish


@pytest.fixture
def tuned(tmp_path: Path) -> Path:
    """A root with a version, a tuning of it, and the model that came of that."""
    build = finish(tmp_path)
    promote(build, "sample")
    open_tuning(TuningForm(version=build.uri, name="student"))
    (tmp_path / "models/student").mkdir(parents=True)
    (tmp_path / "models/student/card.yaml").write_text("{}")
    return tmp_path


def test_a_tuning_and_its_model_are_named_with_the_version(tuned: Path) -> None:
    storage = Storage.at(str(tuned))
    [version] = storage.folders("datasets/realsyn-tiny")
    assert tunings_of(storage, [version]) == ["tunings/student", "models/student"]
    assert tunings_of(storage, ["datasets/realsyn-tiny/v-other"]) == []
    hit = [{"dataset": version, "pairs": 0, "texts": 1}]
    assert _kept_beside(storage, {}, hit)["tunings"] == ["tunings/student", "models/student"]


def test_an_evaluation_is_named_with_each_of_its_versions(tuned: Path) -> None:
    storage = Storage.at(str(tuned))
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
    assert evaluations_of(storage, [version]) == ["evaluations/heads"]
    assert evaluations_of(storage, ["datasets/realsyn-tiny/v-third"]) == []
    hit = [{"dataset": version, "pairs": 0, "texts": 1}]
    summary = {"beside": _kept_beside(storage, {}, hit), "first": []}
    summary |= {"images": 0, "sentences": 0, "pages": 0}
    assert any("evaluations/heads: made of texts" in line for line in _item_lines(summary))
