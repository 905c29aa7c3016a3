"""Presets: settings that belong together, above the calibrations of models, below the profile."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from realsyn_tasks.core import include
from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.runs import layers, preset
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.stages import PIPELINE
from tests import tiny
from tests.crawls import write_tiny_warc


@pytest.fixture(autouse=True)
def own_include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An include folder of this test's own, with tiny models."""
    monkeypatch.setenv(tiny.VARIABLE, tiny.BACKENDS)
    shutil.copytree(include.include_folder(), tmp_path / "include")
    monkeypatch.setenv("REALSYN_INCLUDE", str(tmp_path / "include"))
    return tmp_path / "include"


def opened(folder: Path, **choices: Any) -> RunConfig:
    write_tiny_warc(folder / "crawl", pages=1)
    chosen = Choices(**choices)
    return open_extract(str(folder / "root"), str(folder / "crawl"), "", chosen).config


def write(folder: Path, **content: Any) -> None:
    (folder / "presets" / "mine.yaml").write_text(yaml.safe_dump({"about": "mine"} | content))


@pytest.mark.parametrize("name", include.preset_names())
def test_every_preset_there_is_sets_what_stages_have(name: str) -> None:
    start = preset.read(name)
    layer = layers.Layer(start.stages, preset.place(name))
    names = [stage.name for stage in PIPELINE.declared]
    assert set(layers.settings([layer], names, PIPELINE)) == set(names)


def test_a_preset_stands_above_the_cards_and_below_the_profile(
    own_include: Path, tmp_path: Path
) -> None:
    card, profile = own_include / "models" / "conse.yaml", own_include / "profiles" / "local.yaml"
    stages: dict[str, Any] = {"image_cosine": 0.7, "sentence_cosine": 0.7, "hash_radius": 3}
    measured = yaml.safe_load(card.read_text()) | {"stages": {"link_neighbours": stages}}
    card.write_text(yaml.safe_dump(measured))
    write(own_include, stages={"link_neighbours": {"image_cosine": 0.8, "sentence_cosine": 0.8}})
    content = yaml.safe_load(profile.read_text())
    content["stages"] = {"link_neighbours": {"sentence_cosine": 0.9}}
    profile.write_text(yaml.safe_dump(content))
    config = opened(tmp_path, preset="mine")
    names = ("hash_radius", "image_cosine", "sentence_cosine")
    assert [config.stages["link_neighbours"][name] for name in names] == [3, 0.8, 0.9]
    assert config.preset == "mine"


def test_a_preset_names_models_and_the_operator_others(own_include: Path, tmp_path: Path) -> None:
    write(own_include, models={"perplexity_model": "gpt2-large", "captioner": "none"})
    with pytest.raises(ConfigError, match="gpt2-large"):  # which nobody has declared the digest of
        opened(tmp_path, preset="mine")
    profile = yaml.safe_load((own_include / "profiles" / "local.yaml").read_text())
    own = {"perplexity_model": profile["models"]["perplexity_model"]}
    assert opened(tmp_path, preset="mine", models=own).models["captioner"].backend == "none"


def test_the_name_of_a_preset_is_in_no_digest(own_include: Path, tmp_path: Path) -> None:
    write(own_include)
    plain, named = opened(tmp_path), opened(tmp_path, preset="mine")
    assert (plain.preset, named.preset) == ("default", "mine")
    assert plain.digest() == named.digest()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"stage": {}}, "stage: did you mean stages?"),
    ({"stages": {"fit_list": {}}}, "stages.fit_list: did you mean fit_lists?"),
    ({"stages": {"filter_images": {"min_sid": 1}}}, "stages.filter_images.min_sid: did you mean"),
    ({"models": {"encodr": "conse"}}, "models.encodr is 'encodr': did you mean encoder"),
    ({"models": {"encoder": "cones"}}, "models.encoder: there is no encoder 'cones'"),
]


@pytest.mark.parametrize(("content", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_wrong_word_in_a_preset_opens_nothing(
    content: dict[str, Any], said: str, own_include: Path, tmp_path: Path
) -> None:
    write(own_include, **content)
    with pytest.raises(ConfigError) as caught:
        opened(tmp_path, preset="mine")
    assert str(caught.value).startswith(f"{own_include / 'presets' / 'mine.yaml'}: ")
    assert said in str(caught.value)


def test_the_paper_has_one_probe_and_no_penalty_whatever_the_card_says() -> None:
    card = yaml.safe_load((include.include_folder() / "models" / "conse.yaml").read_text())
    assert card["stages"]["search_lists"]["hub_penalty"] > 0
    order = [
        layers.Layer(card["stages"], "card"),
        layers.Layer(preset.read("paper").stages, "paper"),
    ]
    stages = layers.settings(order, ["fit_lists", "search_lists"], PIPELINE)
    assert stages["search_lists"].model_dump()["hub_penalty"] == 0.0
    assert stages["fit_lists"].model_dump()["nprobe"] == 1
