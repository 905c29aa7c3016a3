from __future__ import annotations

from pathlib import Path

import yaml

from realsyn_tasks.report.model_card import describe
from tests.datasets.handmade import pair, version
from tests.report.fabricated_evaluation import CLIP, evaluation


def test_every_checkpoint_has_a_card_of_its_arm(tmp_path: Path) -> None:
    made = version(tmp_path, [[pair("a")]])
    run = evaluation([made], checkpoints=True, **CLIP)
    written = describe(run)
    assert len(written) == 7 and describe(run) == []
    card = (tmp_path / written[2]).read_text()
    front = yaml.safe_load(card.split("---")[1])
    [model] = front["model-index"]
    assert model["name"] == "heads-made-up-paper-0"
    values = {each["dataset"]["name"]: each["metrics"][0] for each in model["results"]}
    assert values["fashion-mnist"] == {"type": "zero_shot", "value": 0.145}
    assert made.path in card and "3 realistic, 1 synthetic" in card and '"epochs": 1' in card
    assert "<script>" not in card.replace("\\<script\\>", "")


def test_a_head_says_whose_features_it_stands_on(tmp_path: Path) -> None:
    run = evaluation([version(tmp_path, [[pair("a")]])], checkpoints=True)
    card = (tmp_path / describe(run)[3]).read_text()
    front = yaml.safe_load(card.split("---")[1])
    assert front["library_name"] == "safetensors" and "linear-head" in front["tags"]
    assert "those of the encoder `tiny-encoder`" in card and '"steps": 200' in card


def test_what_keeps_no_checkpoint_has_no_card(tmp_path: Path) -> None:
    assert describe(evaluation([version(tmp_path, [[pair("a")]])])) == []
