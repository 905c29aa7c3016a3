"""The filters' defaults are data and complete; the preset paper has the paper's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from realsyn_tasks.core import include
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.stages import PIPELINE
from tests.crawls import write_tiny_warc

PAPER = {
    "filter_images": {"min_side": 100, "max_aspect": 3.0},
    "filter_sentences": {
        "min_words": 3,
        "max_words": 81,
        "min_entropy": 0.3,
        "min_information": 0.0,
        "min_complexity": 1,
        "require_action": True,
        "drop_broken": False,
        "drop_interface": False,
        "drop_kinds": (),
    },
    "filter_perplexity": {"min_perplexity": 30.0, "max_perplexity": 200.0, "bands": ()},
    "link_neighbours": {"image_bits": None, "same_facts": False},
}


@pytest.mark.parametrize("stage", sorted(include.filters()))
def test_each_setting_has_its_default_in_include(stage: str) -> None:
    config = PIPELINE.stage(stage).config_class()()
    assert include.filters()[stage] == config.model_dump(mode="json")


def test_the_papers_thresholds_are_those_of_its_preset() -> None:
    paper = include.load(include.include_folder() / "presets" / "paper.yaml")["stages"]
    for stage, expected in PAPER.items():
        values = include.filters()[stage] | paper.get(stage, {})
        config = PIPELINE.stage(stage).config_class()(**values)
        assert {name: getattr(config, name) for name in expected} == expected


def test_a_run_takes_its_defaults_from_include(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny_warc(tmp_path / "crawl", pages=1, images=1, files=1)
    folder = tmp_path / "include"
    (folder / "profiles").mkdir(parents=True)
    for name in ("models", "prompts"):
        shutil.copytree(include.include_folder() / name, folder / name)
    for name in ("profiles/local.yaml", "filters.yaml"):
        (folder / name).write_bytes((include.include_folder() / name).read_bytes())
    changed = include.filters()
    changed["filter_images"]["min_side"] = 123
    changed["filter_sentences"]["max_words"] = 45
    (folder / "filters.yaml").write_text(yaml.safe_dump(changed))
    monkeypatch.setenv("REALSYN_INCLUDE", str(folder))
    choices = Choices(stages={"filter_sentences": {"max_words": 60}})
    run = open_extract(str(tmp_path / "root"), str(tmp_path / "crawl"), "c", choices)
    assert run.config.stages["filter_images"]["min_side"] == 123
    assert run.config.stages["filter_sentences"]["max_words"] == 60
