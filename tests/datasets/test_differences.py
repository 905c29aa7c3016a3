from __future__ import annotations

from pathlib import Path

from realsyn_tasks.datasets.differences import Difference, Side, differences
from realsyn_tasks.datasets.publication import publications
from realsyn_tasks.stages import PIPELINE
from tests.datasets.handmade import build, generation, pair, version


def test_builds_differ_in_settings_models_and_what_they_are_pinned_to(tmp_path: Path) -> None:
    ref = generation(tmp_path, 1, ["a"]).reference()
    old = version(tmp_path, [[pair("a")]], generations=(ref,))
    new = version(tmp_path, [[pair("b")]], models={"encoder": "f" * 20})
    stages = build(tmp_path, old).config.stages
    changed = {**stages, "filter_pairs": {**stages["filter_pairs"], "max_text_area": 0.5}}
    build(tmp_path, new, name="second", stages=changed, seed=4)
    notes = publications(old.storage)
    made = differences(*(Side.of(each, notes, PIPELINE) for each in (old, new)))
    assert Difference("", "pinned", "generations", [1], []) in made
    assert Difference("", "pinned", "seed", 0, 4) in made
    assert Difference("sample", "filter_pairs", "max_text_area", 0.02, 0.5) in made
    groups = {each.group for each in made if each.where == "models"}
    assert {"retrieve", "synthesize"} <= groups
    assert len([each for each in made if each.where != "models"]) == 3


def test_a_build_that_has_published_another_version_since_is_not_that_of_this_one(
    tmp_path: Path,
) -> None:
    old, new = version(tmp_path, [[pair("a")]]), version(tmp_path, [[pair("b")]])
    build(tmp_path, old)
    build(tmp_path, new)
    notes = publications(old.storage)
    sides = [Side.of(each, notes, PIPELINE) for each in (old, new)]
    assert [side.build and side.build.config.name for side in sides] == [None, "first"]
    assert differences(*sides) == []
