"""A damaged generation: who says so, what mends it, and that it is then as it was."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from realsyn_tasks import cli
from realsyn_tasks.core.errors import ConfigError, DamagedSource
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.extract.promotion import promote
from realsyn_tasks.runs import generation_repair
from realsyn_tasks.runs.generation_repair import mend, plan
from realsyn_tasks.runs.repairs import Selection
from realsyn_tasks.runs.repairs import plan as plan_of_runs
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.views.root import whole_overview
from tests.datasets.damages import DAMAGES
from tests.support import run_group, tiny_model


def first(root: Path) -> Generation:
    return generations(Storage.at(str(root)))[0]


def of(root: Path, name: str, shard: int = 1) -> ObjectRef:
    return first(root).shards[shard].objects[name]


def damage(root: Path, name: str, how: str = "cut") -> ObjectRef:
    ref = of(root, name)
    DAMAGES[how](root / ref.path)
    return ref


def load(config: Any) -> Any:
    return tiny_model


def said(*words: str) -> str:
    return CliRunner().invoke(cli.app, words).stdout


def test_a_stage_that_reads_a_damaged_generation_stops_at_once_and_says_what_mends_it(
    root: Path,
) -> None:
    ref = damage(root, "images")
    build = Runs.at(f"{root.as_uri()}/builds/all")
    stage = build.pipeline.stage("embed_queries")
    for shard in range(4):
        build.ledger(stage.name).withdraw(shard)
    with pytest.raises(DamagedSource) as error:
        Runner(build, tiny_model).run_batch(stage, 0)
    for words in (ref.path, "generation 1", "crawl first", "repair --root", "--generation 1"):
        assert words in str(error.value)
    assert isinstance(error.value, ConfigError), "no retry"
    notes = build.ledger(stage.name).failures().values()
    assert {note.failure_class for note in notes} == {"config"}


def test_damage_in_a_generation_shows_in_the_status_of_root_and_build_and_in_repairs(
    root: Path,
) -> None:
    ref = damage(root, "sentences")
    rows = {row["generation"]: row for row in whole_overview(str(root))["generations"]}
    assert (rows[1]["state"], rows[2]["state"]) == ("damaged", "ingested")
    shown = said("status", "--root", str(root))
    assert "1 damaged" in shown and "--generation 1" in shown
    shown = said("status", "--build", f"{root}/builds/all")
    assert f"generation 1 is damaged: gone or cut are 1 of its objects, such as {ref.path}" in shown
    [row] = plan_of_runs(str(root), "", Selection()).rows
    assert (row.build.endswith("extracts/first"), row.stage, row.shards) == (
        True,
        "dedup_sentences",
        "1",
    )
    assert [run.config.name for run in Runs(str(root)).due("extract")] == ["first"]


@pytest.mark.parametrize(
    ("name", "how"),
    [("images", "deleted"), ("sentences", "flipped"), ("pixels", "deleted"), ("pixels", "flipped")],
)
def test_one_command_mends_a_generation_with_equal_bytes(
    root: Path, name: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_repair, "loader", load)
    pointer = root / "corpus/gen=0001/generation.json"
    before = pointer.read_bytes(), (root / of(root, name).path).read_bytes()
    ref = damage(root, name, how)
    words = ["repair", "--root", str(root), "--generation", "1", "--bytes"]
    assert ref.path in said(*words) and "give --really" in said(*words)
    assert plan(str(root), 1, checksums=True).damages, "it was only shown"
    done = mend(str(root), 1, checksums=True, load=load)
    assert done.restored == (ref.path,)
    assert (pointer.read_bytes(), (root / ref.path).read_bytes()) == before
    assert said(*words) == "generation 1 is whole\n"
    build = Runs.at(f"{root.as_uri()}/builds/all")
    planner = Planner(build)
    assert all(planner.status(stage).complete for stage in build.stages()), "builds hold"
    assert not Runs(str(root)).due("extract")


def test_a_damaged_input_of_what_is_made_again_is_made_again_too(root: Path) -> None:
    damage(root, "images")
    extract = Workspace.open(f"{root.as_uri()}/extracts/first", Runs(str(root)).pipeline)
    commit = extract.ledger("describe_images").find(1)
    assert commit
    DAMAGES["nulled"](root / next(iter(commit.objects.values())).path)
    assert mend(str(root), 1, checksums=False, load=load).restored
    assert not plan(str(root), 1, checksums=True).damages


def test_the_stage_group_mends_it_as_well(root: Path) -> None:
    """What realsyn_backfill does of an extract that it finds due."""
    ref = damage(root, "images")
    [extract] = Runs(str(root)).due("extract")
    run_group(extract, "extract")
    assert promote(extract)["restored"] == [ref.path]
    assert not Runs(str(root)).due("extract")


def test_what_cannot_be_made_again_is_said_with_what_can_be_done(root: Path) -> None:
    ref = damage(root, "pixels", "deleted")
    crawl = Path(first(root).crawl_uri.removeprefix("file://"))
    hidden = crawl.rename(crawl.with_name("away"))
    try:
        hopeless = plan(str(root), 1, checksums=False).hopeless
        assert "of its crawl" in hopeless and "are gone" in hopeless
        with pytest.raises(ConfigError, match="Put back copies of the objects"):
            mend(str(root), 1, checksums=False, load=load)
    finally:
        hidden.rename(crawl)
    shutil.rmtree(root / "extracts/first")
    repair = plan(str(root), 1, checksums=False)
    assert ref.path in {damage.path for damage in repair.damages}
    assert "its extract" in repair.hopeless and "--generations" in repair.hopeless
    assert "Put back copies" in said("repair", "--root", str(root), "--generation", "1")


def test_other_bytes_are_never_put_back(root: Path) -> None:
    damage(root, "images")
    path = root / "extracts/first/config.json"
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 7'))
    config = Runs.at(f"{root.as_uri()}/extracts/first").config
    assert config.seed == 7
    assert "other bytes" in plan(str(root), 1, checksums=False).hopeless


def test_a_generation_that_is_not_there_is_said_with_those_that_are(root: Path) -> None:
    with pytest.raises(ConfigError, match=r"no generation 7 in .*; there are: 1, 2"):
        plan(str(root), 7, checksums=False)
