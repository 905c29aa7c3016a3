from __future__ import annotations

from pathlib import Path

import yaml

from realsyn_tasks.report.model_card import describe
from tests.datasets.handmade import pair, version
from tests.report.fabricated_evaluation import evaluation


def test_every_checkpoint_has_a_card_of_its_arm(tmp_path: Path) -> None:
    made = version(tmp_path, [[pair("a")]])
    run = evaluation([made], checkpoints=True, method="clip")
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


def test_heads_have_none(tmp_path: Path) -> None:
    assert describe(evaluation([version(tmp_path, [[pair("a")]])])) == []
