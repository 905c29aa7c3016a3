"""A backend is one module and one line in the table, and then opens and works in a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.models import deployment
from realsyn_tasks.models.kinds import Kind
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.models import loader
from realsyn_tasks.runs.opening import open_build
from realsyn_tasks.stages import PIPELINE
from tests import world
from tests.models.contract import Case, Contract
from tests.support import run_group

TAG = PIPELINE.stage("tag_images")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line of registration."""
    monkeypatch.setitem(deployment.OWN["tagger"], "toy", "tests.models.toy_tagger:ToyTagger")


class TestToy(Contract):
    """The contract, for a tagger that is new."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Case:
        """The toy tagger, which has no files."""
        return Case("tagger", "toy", tmp_path, changes={"most": 1})


def test_a_build_with_a_new_tagger_is_opened_and_tagged(tmp_path: Path) -> None:
    world.ingest(tmp_path, "first", pages=4)
    assert "toy" in deployment.Deployment.here().offered("tagger")
    tagger: dict[Kind, ModelSpec] = {"tagger": ModelSpec(name="toy", options={"most": 1})}
    choices = Choices(stages=world.CHOICES.stages, models=tagger)
    build = open_build(str(tmp_path), "4", "new", [], choices)
    assert build.config.models["tagger"].identity == "toy-most=1"
    run_group(build, "retrieve", loader(build.config))
    run_group(build, "synthesize", loader(build.config), until=TAG.name)
    assert Planner(build).status(TAG).complete
