"""Tunings whose examples may hold what was taken down are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.runs.tunings import TuningForm, open_tuning
from realsyn_tasks.takedown.command import _kept_beside
from realsyn_tasks.takedown.tunings import folders_of
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
    from realsyn_tasks.core.storage import Storage

    storage = Storage.at(str(tuned))
    [version] = storage.folders("datasets/realsyn-tiny")
    assert folders_of(storage, [version]) == ["tunings/student", "models/student"]
    assert folders_of(storage, ["datasets/realsyn-tiny/v-other"]) == []
    hit = [{"dataset": version, "pairs": 0, "texts": 1}]
    assert _kept_beside(storage, {}, hit)["tunings"] == ["tunings/student", "models/student"]
