"""The whole pipeline in one process: tiny crawl, tiny models, real commits, gates and promotion."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from realsyn_tasks.runs.opening import open_build, open_builds, open_extract
from realsyn_tasks.runs.promotion import promote
from tests.airflow_home import TINY_STAGES
from tests.e2e.airflow import SCALES
from tests.support import run_group

if TYPE_CHECKING:
    from tests.e2e.conftest import Undisturbed

GROUPS = ("retrieve", "synthesize", "sample")
TARGET = 6
CHOICES = Choices(stages=TINY_STAGES)


def finish(workspace: Workspace, group: str) -> dict[str, Any]:
    run_group(workspace, group)
    gate(workspace, group).raise_if_failed()
    result = promote(workspace, group)
    if "report" in result:
        attach(workspace)
    return result


def dataset(root: Path, crawl: Path) -> Path:
    """Make a dataset out of a crawl, or what is missing of it; give its folder."""
    [folder] = datasets(root, crawl, [str(TARGET)])
    return folder


def datasets(root: Path, crawl: Path, scales: Sequence[str]) -> list[Path]:
    """Make datasets of several scales; give their folders."""
    finish(open_extract(str(root), str(crawl), "", CHOICES), "extract")
    builds = open_builds(str(root), scales, "", [], CHOICES)
    results = [[finish(build, group) for group in GROUPS][-1] for build in builds]
    return [Path(result["uri"].removeprefix("file://")) for result in results]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_dataset_has_the_papers_columns_and_the_wanted_size(undisturbed: Undisturbed) -> None:
    table = pq.read_table(undisturbed.datasets["6"] / "data")
    wanted = ["raw_image_url", "text1", "text2", "text3", "syn_text"]
    assert table.column_names[:5] == wanted
    assert table.num_rows == TARGET
    assert verify_all(Storage.at(str(undisturbed.root))) == []


def test_the_bytes_depend_on_neither_place_nor_partitions(
    undisturbed: Undisturbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "moved" / undisturbed.crawl.name
    shutil.copytree(undisturbed.crawl, elsewhere)
    local = include.profile("local")
    finer = local | {"partitions": dict.fromkeys(local["partitions"], 5)}
    monkeypatch.setattr(include, "profile", lambda name: finer)
    again, first = dataset(tmp_path / "another" / "root", elsewhere), undisturbed.datasets["6"]
    config = json.loads((tmp_path / "another/root/builds/6/config.json").read_text())
    assert config["partitions"] == {"lists": 5, "clusters": 5}
    assert (again.name, digests(again)) == (first.name, digests(first))


def test_looking_at_more_candidates_than_a_partition_gives_is_refused(
    undisturbed: Undisturbed,
) -> None:
    greedy = Choices(stages={"pool_candidates": {"candidates": 50}})
    with pytest.raises(ConfigError, match=r"raise search_lists\.candidates"):
        open_build(str(undisturbed.root), "7", "", [], greedy)


def test_run_again_there_is_nothing_to_do(undisturbed: Undisturbed) -> None:
    root, last = undisturbed.root, SCALES[-1]
    before = digests(root)
    assert datasets(root, undisturbed.crawl, [last]) == [undisturbed.datasets[last]]
    assert digests(root) == before


def test_the_next_group_waits_for_promotion(undisturbed: Undisturbed, tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(undisturbed.root, root, ignore=shutil.ignore_patterns("builds", "datasets"))
    build = open_build(str(root), "5", "", [], CHOICES)
    run_group(build, "retrieve")
    status = Planner(build).status(build.pipeline.stage("generate_texts"))
    assert set(status.states.values()) == {ShardState.WAITING}
    gate(build, "retrieve").raise_if_failed()
    promote(build, "retrieve")
    status = Planner(build).status(build.pipeline.stage("tag_images"))
    assert set(status.states.values()) == {ShardState.MISSING}


def test_a_smaller_target_is_a_part_of_a_larger_one(undisturbed: Undisturbed) -> None:
    larger, smaller = (
        pq.read_table(undisturbed.datasets[scale] / "data")["image_id"].to_pylist()
        for scale in ("6", "4")
    )
    assert len(smaller) == 4
    assert set(smaller) < set(larger)


def test_every_item_is_kept_or_dropped_with_a_reason(undisturbed: Undisturbed) -> None:
    for kind, stages in {
        "images": ("parse", "filter_images", "dedup_images"),
        "sentences": ("parse", "filter_sentences", "filter_perplexity", "dedup_sentences"),
    }.items():
        rows = [_rows(undisturbed.root / "extracts/crawl" / stage, kind) for stage in stages]
        for (before, _), (after, dropped) in pairwise(rows):
            assert before == after + dropped


def _rows(folder: Path, kind: str) -> tuple[int, int]:
    commits = [json.loads(path.read_text()) for path in (folder / "_commits").glob("*.json")]
    kept = sum(commit["rows"][kind] for commit in commits)
    dropped = [commit["dropped"].get(kind.removesuffix("s"), {}) for commit in commits]
    return kept, sum(sum(reasons.values()) for reasons in dropped)
