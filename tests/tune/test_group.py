"""The whole group on a published version, to a card that a build can name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.models import loader
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.runs.tunings import TuningForm, export, open_tuning
from realsyn_tasks.tune.outcome import outcome
from tests import tiny
from tests.crawls import write_tiny_warc
from tests.finished import open_run
from tests.support import run_group

NAME = "student"
SETTINGS: dict[str, dict[str, Any]] = {
    "ask_teacher": {"held_out": 0.3, "sources": [0, 1], "min_about": None},
    "train_student": {"batch_size": 4, "max_length": 1024},
    "measure_models": {"max_new_tokens": 8},
}


def tune(uri: str, base: Path, register: str) -> Workspace:
    """Open a tuning of a tiny checkpoint, of 16 examples, and do all of it."""
    models = {"language_model": ModelSpec(name="transformers", options={"checkpoint": str(base)})}
    chosen = Choices(models=models, stages=SETTINGS)
    form = TuningForm(
        version=uri, name=NAME, examples=16, steps=2, register_card=register, choices=chosen
    )
    run = open_tuning(form)
    run_group(run, "tune")
    gate(run, "tune").raise_if_failed()
    return run


@pytest.fixture(scope="module")
def tuned(finished: Path, tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A tuning that is done, but not promoted; never to be written to."""
    root = tmp_path_factory.mktemp("tuned") / "root"
    shutil.copytree(finished, root)
    build = open_run(root, "sample")
    promote(build, "sample")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REALSYN_CACHE", str(root.parent / "cache"))
        return tune(build.uri, tiny_llama, "always")


@pytest.fixture
def run(tuned: Workspace, tmp_path: Path) -> Workspace:
    """A copy of it to change."""
    root = tmp_path / "root"
    shutil.copytree(tuned.storage.uri.removeprefix("file://"), root)
    return Workspace.open(f"{root.as_uri()}/{tuned.folder}", tuned.pipeline)


def test_no_gain_is_told_and_registers_nothing_unless_asked_for(run: Workspace) -> None:
    result = outcome(run)
    assert not result["gain"], "random weights write nothing that guards take"
    rows = {row["measure"]: row for row in result["measures"]}
    assert rows["accepted"]["tuned"] == rows["accepted"]["untuned"] == 0
    assert rows["loss"]["tuned"] != rows["loss"]["untuned"]
    only_better = run.config.model_copy(
        update={
            "stages": {**run.config.stages, "compare_models": {"register_card": "gain"}},
        }
    )
    undecided = Workspace.create(run.storage, only_better, run.pipeline)
    run_group(undecided, "tune")
    gate(undecided, "tune").raise_if_failed()
    assert promote(undecided, "tune")["card"] == ""
    assert run.storage.folders("models") == []


def test_a_run_under_the_root_can_name_the_card_and_load_what_it_stands_for(
    run: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted = promote(run, "tune")
    assert (promoted["card"], promoted["gain"]) == (NAME, False)
    real = json.loads(tiny.BACKENDS)
    del real["language_model"]
    monkeypatch.setenv(tiny.VARIABLE, json.dumps(real))
    monkeypatch.setenv("REALSYN_CACHE", str(tmp_path / "cache"))
    root, crawl = tmp_path / "new", tmp_path / "crawl"
    shutil.copytree(run.storage.uri.removeprefix("file://") + "/models", root / "models")
    write_tiny_warc(crawl, pages=1, images=1, files=1)
    chosen = Choices(models={"language_model": ModelSpec(name=NAME)})
    opened = open_extract(str(root), crawl.as_uri(), "first", chosen)
    model = opened.config.models["language_model"]
    assert (model.name, model.card, model.backend) == (NAME, NAME, "transformers")
    assert model.identity.startswith(f"{NAME}-") and model.resolved == "content"
    loaded = loader(opened.config)("language_model", model)
    assert loaded.perplexity(["A lamp."])[0] > 1


def test_its_lineage_says_what_it_was_made_of(run: Workspace) -> None:
    promote(run, "tune")
    lineage = json.loads(run.storage.read(f"models/{NAME}/lineage.json"))
    assert lineage["tuning"] == run.folder
    assert lineage["teacher"] == lineage["untuned"]
    assert lineage["version"]["path"].startswith("datasets/realsyn-tiny/")
    assert set(lineage["data"]) >= {"choose_examples"}
    assert lineage["examples"] > 8


def test_done_again_nothing_is_left_to_do(run: Workspace) -> None:
    planner = Planner(run)
    assert [planner.batches(stage) for stage in run.stages()] == [[]] * len(run.stages())


def test_its_examples_can_be_had_as_chats(run: Workspace, tmp_path: Path) -> None:
    files = export(run, tmp_path / "chats")
    lines = Path(files["train"]).read_text().splitlines()
    assert len(lines) == outcome(run)["examples"]
    named = json.loads(Path(files["dataset_info"]).read_text())
    assert {info["file_name"] for info in named.values()} == {"train.jsonl", "held_out.jsonl"}
