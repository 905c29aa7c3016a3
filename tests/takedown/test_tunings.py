"""Tunings whose examples may hold what was taken down are named."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.models.deployment import OWN, Deployment
from realsyn_tasks.models.resolution import Asked, resolve
from realsyn_tasks.runs.models import with_cards_of
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.runs.tunings import TuningForm, open_tuning
from realsyn_tasks.takedown import tunings
from realsyn_tasks.takedown.command import _kept_beside
from realsyn_tasks.takedown.tunings import learnt, withdraw
from tests import tiny
from tests.finished import finish


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a version, a tuning of it, and the model that came of that."""
    root = tmp_path_factory.mktemp("tuned")
    build = finish(root)
    promote(build, "sample")
    open_tuning(TuningForm(version=build.uri, name="student"))
    (root / "models/student").mkdir(parents=True)
    (root / "models/student/card.yaml").write_text("{}")
    return root


@pytest.fixture
def storage(tuned: Path) -> Storage:
    return Storage.at(str(tuned))


def held(monkeypatch: pytest.MonkeyPatch, image: str) -> None:
    """Let the tuning have got as far as its examples: one, of this picture."""
    rows = {"train": [{"image_id": image, "sentence": "A dog."}], "held_out": []}
    commit = SimpleNamespace(objects={name: name for name in rows})
    monkeypatch.setattr(tunings.Evidence, "commits", lambda *_: [commit])
    monkeypatch.setattr(tunings, "_rows", lambda evidence, commit, table: rows[table])


def test_a_tuning_and_its_model_are_named_with_the_version(storage: Storage) -> None:
    [version] = storage.folders("datasets/realsyn-tiny")
    [found] = learnt(storage, [version], ["1"])
    assert found == {
        "tuning": "tunings/student",
        "model": "models/student",
        "examples": None,  # it has not come so far
        "held_out": None,
    }
    assert learnt(storage, ["datasets/realsyn-tiny/v-other"], ["1"]) == []
    hit = [{"dataset": version, "pairs": 0, "texts": 1}]
    assert _kept_beside(storage, {}, hit)["tunings"] == ["tunings/student", "models/student"]


def test_its_examples_are_counted_by_picture_and_by_sentence(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    [version] = storage.folders("datasets/realsyn-tiny")
    held(monkeypatch, "aa")
    for ids, count in (({"aa"}, 1), ({sentence_id("A dog.")}, 1), ({"bb"}, 0)):
        [found] = learnt(storage, [version], ids)
        assert (found["examples"], found["held_out"]) == (count, 0)


def test_a_model_that_has_learnt_of_it_opens_no_run_until_it_is_tuned_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = json.loads(tiny.BACKENDS)
    del real["language_model"]
    monkeypatch.setenv(tiny.VARIABLE, json.dumps(real))
    storage = Storage.at(str(tmp_path))
    card = tmp_path / "models/student/card.yaml"
    card.parent.mkdir(parents=True)
    about = {"kinds": ["language_model"], "backend": "transformers", "memory_gb": 1.0}
    about |= {"licence": "x", "source": "a test"}

    def tuned_to(digest: str) -> None:
        options = {"checkpoint": f"weights-{digest}.tar", "digest": digest}
        card.write_text(yaml.safe_dump({**about, "options": options}))

    def opened() -> None:
        here = with_cards_of(storage, Deployment(tmp_path, {}, OWN))
        resolve("language_model", Asked(ModelSpec(name="student"), "form"), here)

    tuned_to("a" * 64)
    opened()
    known = {"tuning": "tunings/student", "model": "models/student", "held_out": 0}
    assert withdraw(storage, "r1", [{**known, "examples": 0}]) == []
    opened()
    assert withdraw(storage, "r1", [{**known, "examples": 1}]) == ["models/student"]
    with pytest.raises(ConfigError, match=r"student is withdrawn \(takedown r1\).*tune it again"):
        opened()
    withdraw(storage, "r2", [{**known, "examples": None}])
    with pytest.raises(ConfigError, match="takedown r1"):
        opened()
    tuned_to("b" * 64)
    opened()
