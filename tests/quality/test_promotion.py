from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from realsyn_tasks.core.commits import Ledger
from realsyn_tasks.core.errors import ConfigError, GateFailed
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import Generation, generation_path, generations
from realsyn_tasks.extract import promotion as extract_promotion
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.promotion import promote
from tests import fabricated, fabricated_rows
from tests.fabricated import quarantine
from tests.finished import GROUPS

Opened = Callable[[str], Workspace]


def first_generation(workspace: Workspace) -> Generation:
    return Generation.model_validate_json(workspace.storage.read(generation_path(1)))


def test_a_generation_lists_the_committed_shards_in_order(opened: Opened) -> None:
    workspace = opened("extract")
    generation = first_generation(workspace)
    for name, stage in {"images": "dedup_images", "pixels": "parse"}.items():
        commits = workspace.ledger(stage).commits()
        found = [shard.objects[name] for shard in generation.shards]
        assert found == [commits[number].objects[name] for number in sorted(commits)]
    assert generation.reference().images == 2 * fabricated_rows.KEPT
    assert generation.models["encoder"] == "tiny-encoder"


def test_a_generation_names_models_as_every_marker_has_them_without_reading_one(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = opened("extract")
    known: dict[str, str] = {}
    for stage in workspace.stages():
        for commit in workspace.ledger(stage.name).commits().values():
            known |= commit.models
    assert list(first_generation(workspace).models.items()) == list(known.items())
    monkeypatch.setattr(Ledger, "commits", lambda ledger: pytest.fail("read whole"))
    assert extract_promotion._models(workspace) == known


def test_promoting_again_changes_nothing(opened: Opened) -> None:
    workspace = opened("extract")
    before = {path: workspace.storage.read(path) for path in files(workspace, "corpus")}
    assert promote(workspace, "extract") == promote(workspace, "extract")
    assert {path: workspace.storage.read(path) for path in files(workspace, "corpus")} == before


def files(workspace: Workspace, folder: str) -> list[str]:
    return [path for path, _ in workspace.storage.listing(folder, recursive=True)]


def test_a_group_without_a_gate_is_not_promoted(tmp_path: Path) -> None:
    workspace = fabricated.extract(tmp_path)
    with pytest.raises(GateFailed, match="run the gate first"):
        promote(workspace, "extract")
    assert generations(workspace.storage) == []


def test_a_quarantined_shard_is_left_out_whole(tmp_path: Path) -> None:
    workspace = fabricated.extract(tmp_path, shards=3)
    quarantine(workspace, "filter_sentences", [1])
    assert gate(workspace, "extract").passed
    promote(workspace, "extract")
    commits = workspace.ledger("dedup_images").commits()
    found = [shard.objects["images"] for shard in first_generation(workspace).shards]
    assert found == [commits[0].objects["images"], commits[2].objects["images"]]


def test_generations_come_one_after_another(tmp_path: Path) -> None:
    first, second = (fabricated.extract(tmp_path, name) for name in ("first", "second"))
    for workspace in (first, second):
        assert gate(workspace, "extract").passed
    assert promote(first, "extract")["generation"] == 1
    with pytest.raises(ConfigError, match="opened before generation 1 was promoted"):
        promote(second, "extract")
    assert [g.extract for g in generations(first.storage)] == ["first"]


def test_a_lost_race_for_a_number_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (fabricated.extract(tmp_path, name) for name in ("first", "second"))
    for workspace in (first, second):
        gate(workspace, "extract")
    promote(first, "extract")
    before = first.storage.read(generation_path(1))
    monkeypatch.setattr(extract_promotion, "generations", lambda storage: [])
    with pytest.raises(ConfigError, match="opened before generation 1"):
        promote(second, "extract")
    assert first.storage.read(generation_path(1)) == before


def test_a_promoted_generation_never_changes(opened: Opened) -> None:
    workspace = opened("extract")
    before = workspace.storage.read(generation_path(1))

    def change(made: fabricated.Made) -> None:
        fabricated.set_column(made, "images", "alt", "another text")

    fabricated.damage(workspace, "dedup_images", change)
    assert gate(workspace, "extract").passed
    with pytest.raises(ConfigError, match="under a new name"):
        promote(workspace, "extract")
    assert workspace.storage.read(generation_path(1)) == before


@pytest.mark.parametrize("group", ["retrieve", "synthesize"])
def test_promotion_makes_a_group_visible(opened: Opened, group: str) -> None:
    workspace = opened(group)
    pointer = workspace.promotion(group)
    assert pointer is not None
    planner = Planner(workspace)
    stages = [stage for stage in workspace.stages() if stage.group == group]
    assert pointer.stages == {stage.name: planner.status(stage).digest for stage in stages}


def test_groups_are_promoted_in_order(tmp_path: Path) -> None:
    extract = fabricated.extract(tmp_path)
    gate(extract, "extract")
    promote(extract, "extract")
    build = fabricated.build(tmp_path)
    for group in GROUPS[:2]:
        fabricated.commit_build_group(build, group)
    assert "waiting" in gate(build, "synthesize").summary
