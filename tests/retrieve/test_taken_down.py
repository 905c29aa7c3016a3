"""A build that is run again after a takedown redoes what held the picture, with the same bytes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.takedown.command import Form, take_down
from tests.retrieve.grown import (
    commits,
    contents,
    forget_matches,
    matched,
    opened,
    promote_generation,
)
from tests.retrieve.test_growing import Later

SHARDS = 4
TOUCHED = 2
PARTITIONS = 6
PLAIN: dict[str, dict[str, Any]] = {
    "embed_queries": {"captions_as_answers": False},
    "search_lists": {"hub_penalty": 0.0},
}
FITS = ("pool_samples", "fit_lists", "cap_hubs", "audit_recall", "measure_relevance")
MAPPED = ("embed_queries", "draw_samples", "assign_sentences", "probe_images", "rerank_candidates")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a promoted build; not to be written to."""
    root = tmp_path_factory.mktemp("built")
    promote_generation(root, 1, Later(1, images=60, sentences=240, shards=SHARDS))
    matched(opened(root, "plain", [], **PLAIN))
    matched(opened(root, "interwoven", [], follow="none"))
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "root"))


def a_picture(root: Path) -> str:
    storage = Storage.at(str(root))
    [generation] = generations(storage)
    with storage.open(generation.shards[TOUCHED].objects["images"].path) as file:
        return str(pq.read_table(file)["image_id"][3].as_py())


def take(root: Path) -> str:
    image = a_picture(root)
    assert take_down(str(root), Form(hashes=f"image: {image}"), dry_run=False)["images"] == 1
    return image


def attempts(build: Workspace) -> dict[tuple[str, int], str]:
    """Name the try that made each shard."""
    stages = [stage.name for stage in build.stages() if stage.group == "retrieve"]
    return {(s, n): each.attempt for s in stages for n, each in commits(build, s).items()}


def redone(build: Workspace, before: dict[tuple[str, int], str]) -> dict[str, list[int]]:
    """List the shards that are of another try than before, by stage."""
    shards: dict[str, list[int]] = {}
    for (stage, shard), attempt in sorted(attempts(build).items()):
        if before.get((stage, shard)) != attempt:
            shards.setdefault(stage, []).append(shard)
    return shards


def anew(root: Path, copy: Path, name: str, **changes: Any) -> Workspace:
    """Match everything again, in a copy, in the lists that there are."""
    shutil.copytree(root, copy)
    build = opened(copy, name, [], **changes)
    forget_matches(copy, name)
    assert not commits(build, "rerank_candidates")
    return matched(build)


def test_what_did_not_hold_the_picture_is_left_alone(root: Path, tmp_path: Path) -> None:
    before = attempts(Workspace.open(f"{root.as_uri()}/builds/plain", PIPELINE))
    take(root)
    again = opened(root, "plain", [], **PLAIN)
    everything = anew(root, tmp_path / "copy", "plain", **PLAIN)
    shards = redone(matched(again), before)
    assert {stage: shards[stage] for stage in MAPPED} == {stage: [TOUCHED] for stage in MAPPED}
    assert all(shards[stage] == [0] for stage in FITS)
    assert shards["judge_candidates"] == [TOUCHED]
    assert contents(again) == contents(everything)
    assert commits(again, "fit_lists")[0].measures["kept_lists"] == 1.0


def finely(build: Workspace) -> Workspace:
    """Cut the lists of a build into more partitions than an image probes."""
    partitions = {**build.config.partitions, LISTS: PARTITIONS}
    config = build.config.model_copy(update={"partitions": partitions})
    return Workspace.create(build.storage, config, build.pipeline)


def probed(build: Workspace, image: str) -> set[int]:
    """Name the partitions that hold lists which an image probes."""
    with build.storage.open(commits(build, "probe_images")[TOUCHED].objects["probes"].path) as file:
        rows = pq.read_table(file).to_pylist()
    return {row["partition"] for row in rows if row["image_id"] == image}


def test_only_what_it_was_searched_in_is_searched_again(root: Path, tmp_path: Path) -> None:
    roomy = {**PLAIN, "cap_hubs": {"max_images_per_sentence": 60}}  # no text is refused to anybody
    first = matched(finely(opened(root, "plain", [], **roomy)))
    before = attempts(first)
    partitions = probed(first, take(root))
    assert 0 < len(partitions) < PARTITIONS
    again = matched(finely(opened(root, "plain", [], **roomy)))
    shards = redone(again, before)
    assert set(shards["search_lists"]) == partitions
    assert shards["pool_candidates"] == shards["merge_matches"] == [TOUCHED]
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    everything = finely(opened(copy, "plain", [], **roomy))
    forget_matches(copy, "plain")
    assert contents(again) == contents(matched(everything))


def test_what_is_scored_already_is_not_scored_again(root: Path, tmp_path: Path) -> None:
    """Where its caption was a text of others, and it drew on the penalties of sentences."""
    take(root)
    again = opened(root, "interwoven", [], follow="latest")
    everything = anew(root, tmp_path / "copy", "interwoven")
    matched(again)
    assert contents(again) == contents(everything)
    assert reranked(again) < reranked(everything) / 2
    read = commits(again, "rerank_candidates")[TOUCHED].cost["scored_pairs"]
    assert read < commits(everything, "rerank_candidates")[TOUCHED].cost["scored_pairs"] / 2


def reranked(build: Workspace) -> float:
    return sum(each.cost["scored_pairs"] for each in commits(build, "rerank_candidates").values())


def test_another_build_adopts_all_that_did_not_hold_it(root: Path, tmp_path: Path) -> None:
    shutil.rmtree(root / "builds/interwoven")
    take(root)
    other = opened(root, "other", [], **PLAIN)
    assert (other.config.earlier, other.config.donors) == ("plain", ("plain",))
    matched(other)
    own = {
        stage: [n for n, each in sorted(commits(other, stage).items()) if not each.origin]
        for stage in MAPPED
    }
    assert own == {stage: [TOUCHED] for stage in MAPPED}
    assert contents(other) == contents(anew(root, tmp_path / "copy", "plain", **PLAIN))


def test_asking_again_for_what_is_gone_changes_nothing(root: Path) -> None:
    take(root)
    again = matched(opened(root, "plain", [], **PLAIN))
    before = attempts(again)
    take_down(str(root), Form(hashes="0" * 64), dry_run=False)
    assert redone(matched(opened(root, "plain", [], **PLAIN)), before) == {}
