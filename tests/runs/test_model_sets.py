"""A set names models by one name: the paper's open, and stop at the first missing weight."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from realsyn_tasks.core import include
from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.config import ModelSpec, RunConfig
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.models.cards import cards, model_set
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.models import loader
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.stages import PIPELINE
from tests import tiny
from tests.crawls import write_tiny_warc
from tests.support import run_group

PAPER = "realsyn-paper"


@pytest.fixture(autouse=True)
def own_include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An include folder of this test's own, tiny embedded models, and nothing from a hub."""
    monkeypatch.setenv(tiny.VARIABLE, tiny.BACKENDS.replace('"transformers"', '"tiny"'))
    shutil.copytree(include.include_folder(), tmp_path / "include")
    monkeypatch.setenv("REALSYN_INCLUDE", str(tmp_path / "include"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return tmp_path / "include"


def declare(folder: Path) -> None:
    """Write a revision and a digest into each card of the set that lacks them, and tag lists."""
    lists = folder.parent / "lists"
    lists.mkdir()
    for name in ("ram_tag_list.txt", "ram_tag_list_threshold.txt"):
        (lists / name).write_text("0.6\n")
    for spec in model_set(PAPER).models.values():
        path = folder / "models" / f"{spec.name}.yaml"
        content = yaml.safe_load(path.read_text())
        if "lists" in content.get("options", {}):
            content["options"]["lists"] = str(lists)
        if cards()[spec.name].repository:
            path.write_text(yaml.safe_dump(content | {"revision": "c" * 40, "digest": "d" * 64}))


def opened(folder: Path, choices: Choices) -> Workspace:
    write_tiny_warc(folder / "crawl", pages=1)
    return open_extract(str(folder / "root"), str(folder / "crawl"), "", choices)


def names(config: RunConfig) -> dict[str, str]:
    return {kind: model.name for kind, model in config.models.items() if "." not in kind}


def test_undeclared_models_are_told_with_the_command_that_gets_each(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(tmp_path, Choices(model_set=PAPER))
    for spec in model_set(PAPER).models.values():
        if cards()[spec.name].repository:
            assert f"`realsyn models fetch {spec.name}` gets" in str(caught.value)


def test_declared_ones_open_and_run_to_the_first_missing_weight(
    own_include: Path, tmp_path: Path
) -> None:
    declare(own_include)
    run = opened(tmp_path, Choices(model_set=PAPER, preset="paper"))
    wanted = {kind: spec.name for kind, spec in model_set(PAPER).models.items()}
    assert names(run.config) == wanted
    assert run.config.stages["filter_perplexity"]["max_perplexity"] == 200.0  # of the set's card
    with pytest.raises(ConfigError) as caught:
        run_group(run, "extract", loader(run.config))
    asked = re.search(r"weights (\S+?)[@ ].*`realsyn models fetch (\S+)` gets", str(caught.value))
    assert asked, caught.value
    repository, name = asked.groups()
    assert cards()[name].repository == repository
    assert name in wanted.values()
    states = Planner(run).status(PIPELINE.stage("filter_images")).states  # which needs none
    assert ShardState.DONE in states.values()


def test_a_model_named_by_itself_counts_before_the_set(own_include: Path, tmp_path: Path) -> None:
    declare(own_include)
    own = {"encoder": ModelSpec(name="conse"), "tagger": ModelSpec(name="vocabulary")}
    found = names(opened(tmp_path, Choices(model_set=PAPER, models=own)).config)
    assert (found["encoder"], found["captioner"]) == ("conse", "blip2-flan-t5-xl")


def test_a_preset_and_a_profile_may_name_a_set(own_include: Path, tmp_path: Path) -> None:
    declare(own_include)
    told = yaml.safe_dump({"about": "mine", "model_set": PAPER})
    (own_include / "presets" / "mine.yaml").write_text(told)
    assert names(opened(tmp_path, Choices(preset="mine")).config)["tagger"] == "ram-plus"


def test_a_wrong_name_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="realsyn-paper"):
        opened(tmp_path, Choices(model_set="realsyn-papper"))
