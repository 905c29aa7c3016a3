from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError, DamagedObject, GateFailed
from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import Generation, generation_path, generations
from realsyn_tasks.extract import promotion as extract_promotion
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.promotion import promote
from tests import fabricated
from tests import fabricated_contents as contents
from tests.quality.conftest import GROUPS, finish
from tests.quality.test_gates import quarantine

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
    assert generation.reference().images == 2 * contents.KEPT
    assert generation.models["encoder"] == "tiny-encoder"


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


def test_a_dataset_is_what_its_manifest_says(opened: Opened) -> None:
    workspace = opened("sample")
    published = promote(workspace, "sample")
    root = Path(published["uri"].removeprefix("file://"))
    manifest = json.loads((root / "manifest.json").read_text())
    assert manifest["pairs"] == published["pairs"] == workspace.config.target
    listed = {file["path"]: file["sha256"] for file in manifest["files"]}
    there = {str(p.relative_to(root)): sha256(p) for p in root.rglob("*") if p.is_file()}
    assert there.pop("manifest.json")
    assert listed == there
    assert {"data/train-00000-of-00002.parquet", "webdataset/00001.tar"} <= set(listed)
    latest = json.loads((root.parent / "latest.json").read_text())
    assert (latest["version"], latest["path"]) == (published["version"], published["version"])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def published_files(root: Path) -> dict[str, bytes]:
    folder = root / "datasets"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_same_inputs_in_another_root_give_the_same_bytes(opened: Opened, tmp_path: Path) -> None:
    workspace = opened("sample")
    promote(workspace, "sample")
    elsewhere = tmp_path / "some" / "other place"
    promote(finish(elsewhere), "sample")
    mine = published_files(Path(workspace.storage.uri.removeprefix("file://")))
    theirs = published_files(elsewhere)
    assert mine == theirs
    for name, data in mine.items():
        assert str(tmp_path).encode() not in data, name
        assert b"seconds" not in data, name


def test_publishing_again_does_nothing(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = opened("sample")
    first = promote(workspace, "sample")
    monkeypatch.setattr(LocalStorage, "copy", lambda *given: pytest.fail("copied again"))
    assert promote(workspace, "sample") == first


def test_an_interrupted_publication_is_finished_the_next_time(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace = opened("sample")
    copy, copied = LocalStorage.copy, []

    def dying(self: LocalStorage, *given: object) -> object:
        copied.append(given)
        if len(copied) == 3:
            raise KeyboardInterrupt
        return copy(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalStorage, "copy", dying)
    with pytest.raises(KeyboardInterrupt):
        promote(workspace, "sample")
    root = Path(workspace.storage.uri.removeprefix("file://"))
    left = published_files(root)
    assert left
    assert not [name for name in left if name.endswith(("manifest.json", "latest.json"))]
    assert workspace.promotion("sample") is None
    promote(workspace, "sample")
    undisturbed = tmp_path / "undisturbed"
    promote(finish(undisturbed), "sample")
    assert published_files(root) == published_files(undisturbed)


def test_a_damaged_object_is_not_published(opened: Opened) -> None:
    workspace = opened("sample")
    path = workspace.ledger("export").commits()[1].objects["samples"].path
    data = bytearray(workspace.storage.read(path))
    data[-2000] ^= 1
    workspace.storage.replace(path, bytes(data))
    with pytest.raises(DamagedObject):
        promote(workspace, "sample")
    assert not [path for path in files(workspace, "datasets") if path.endswith(".json")]
    assert workspace.promotion("sample") is None


def test_other_content_is_another_version(opened: Opened) -> None:
    workspace = opened("sample")
    first = promote(workspace, "sample")

    def change(made: fabricated.Made) -> None:
        fabricated.set_column(made, "pairs", "alt", "another text")

    fabricated.damage(workspace, "export", change)
    assert gate(workspace, "sample").passed
    second = promote(workspace, "sample")
    assert second["version"] != first["version"]
    assert workspace.storage.exists(f"datasets/realsyn-tiny/{first['version']}/manifest.json")


def test_groups_are_promoted_in_order(tmp_path: Path) -> None:
    extract = fabricated.extract(tmp_path)
    gate(extract, "extract")
    promote(extract, "extract")
    build = fabricated.build(tmp_path)
    for group in GROUPS[:2]:
        fabricated.commit_build_group(build, group)
    assert "waiting" in gate(build, "synthesize").summary
