"""The whole pipeline in one process: tiny crawl, tiny models, real commits, gates and promotion."""

from __future__ import annotations

import hashlib
import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import include
from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.verification import verify_all
from realsyn_tasks.quality import gate
from realsyn_tasks.report.attachments import attach
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_build, open_extract
from realsyn_tasks.runs.promotion import promote
from tests.crawls import write_tiny_warc
from tests.support import run_group

GROUPS = ("retrieve", "synthesize", "sample")
TARGET = 6
CHOICES = Choices(stages={"link_neighbours": {"image_cosine": 0.999}})  # the tiny encoder's own


def finish(workspace: Workspace, group: str) -> dict[str, Any]:
    run_group(workspace, group)
    gate(workspace, group).raise_if_failed()
    result = promote(workspace, group)
    if "report" in result:
        attach(workspace)
    return result


def dataset(root: Path, crawl: Path, target: int = TARGET) -> Path:
    """Make a dataset out of a crawl, or what is missing of it; give its folder."""
    finish(open_extract(str(root), str(crawl), "tiny", CHOICES), "extract")
    build = open_build(str(root), str(target), "", [], CHOICES)
    for group in GROUPS:
        result = finish(build, group)
    return Path(result["uri"].removeprefix("file://"))


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crawls") / "tiny"
    write_tiny_warc(folder)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, crawl: Path) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("root")
    return root, dataset(root, crawl)


def test_the_dataset_has_the_papers_columns_and_the_wanted_size(built: tuple[Path, Path]) -> None:
    table = pq.read_table(built[1] / "data")
    wanted = ["raw_image_url", "text1", "text2", "text3", "syn_text"]
    assert table.column_names[:5] == wanted
    assert table.num_rows == TARGET
    assert verify_all(Storage.at(str(built[0]))) == []


def test_the_bytes_depend_on_neither_place_nor_partitions(
    built: tuple[Path, Path], crawl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "moved" / "tiny"
    shutil.copytree(crawl, elsewhere)
    local = include.profile("local")
    finer = local | {"partitions": dict.fromkeys(local["partitions"], 5)}
    monkeypatch.setattr(include, "profile", lambda name: finer)
    again = dataset(tmp_path / "another" / "root", elsewhere)
    config = json.loads((tmp_path / "another/root/builds/6/config.json").read_text())
    assert config["partitions"] == {"lists": 5, "clusters": 5}
    assert (again.name, digests(again)) == (built[1].name, digests(built[1]))


def test_looking_at_more_candidates_than_a_partition_gives_is_refused(
    built: tuple[Path, Path],
) -> None:
    greedy = Choices(stages={"pool_candidates": {"candidates": 50}})
    with pytest.raises(ConfigError, match=r"raise search_lists\.candidates"):
        open_build(str(built[0]), "7", "", [], greedy)


def test_run_again_there_is_nothing_to_do(built: tuple[Path, Path], crawl: Path) -> None:
    root, folder = built
    before = digests(root)
    assert dataset(root, crawl) == folder
    assert digests(root) == before


def test_the_next_group_waits_for_promotion(crawl: Path, tmp_path: Path) -> None:
    finish(open_extract(str(tmp_path), str(crawl), "tiny", CHOICES), "extract")
    build = open_build(str(tmp_path), "5", "", [], CHOICES)
    run_group(build, "retrieve")
    status = Planner(build).status(build.pipeline.stage("generate_texts"))
    assert set(status.states.values()) == {ShardState.WAITING}
    gate(build, "retrieve").raise_if_failed()
    promote(build, "retrieve")
    status = Planner(build).status(build.pipeline.stage("tag_images"))
    assert set(status.states.values()) == {ShardState.MISSING}


def test_a_smaller_target_is_a_part_of_a_larger_one(built: tuple[Path, Path], crawl: Path) -> None:
    ids = set(pq.read_table(built[1] / "data")["image_id"].to_pylist())
    smaller = pq.read_table(dataset(built[0], crawl, TARGET - 2) / "data")["image_id"].to_pylist()
    assert len(smaller) == TARGET - 2
    assert set(smaller) < ids


def test_every_item_is_kept_or_dropped_with_a_reason(built: tuple[Path, Path]) -> None:
    root = built[0]
    for kind, stages in {
        "images": ("parse", "filter_images", "dedup_images"),
        "sentences": ("parse", "filter_sentences", "filter_perplexity", "dedup_sentences"),
    }.items():
        rows = [_rows(root / "extracts" / "tiny" / stage, kind) for stage in stages]
        for (before, _), (after, dropped) in pairwise(rows):
            assert before == after + dropped


def _rows(folder: Path, kind: str) -> tuple[int, int]:
    commits = [json.loads(path.read_text()) for path in (folder / "_commits").glob("*.json")]
    kept = sum(commit["rows"][kind] for commit in commits)
    dropped = [commit["dropped"].get(kind.removesuffix("s"), {}) for commit in commits]
    return kept, sum(sum(reasons.values()) for reasons in dropped)
