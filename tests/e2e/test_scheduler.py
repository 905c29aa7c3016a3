"""A build by a real scheduler, from the command line to the table at its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realsyn_tasks.stages import PIPELINE
from tests.crawls import write_tiny_warc
from tests.e2e.airflow import Site
from tests.e2e.conftest import Taken

NOT_OF_A_BUILD = ("analyze", "tune", "evaluate")  # sites leave the one out

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

# in a first crawl with its images, where no licence is refused
NOTHING_TO_DO = (
    "fetch",
    "key_corpus",
    "filter_licences",
    "count_phrases",
    "mine_tags",
    "caption_images",
)


def test_a_build_ends_with_a_dataset_and_a_table(taken: Taken) -> None:
    assert any(path.endswith(".parquet") for path in taken.site.dataset())
    for words in ("documents", "sentences", "passed", "report.html"):
        assert words in taken.last


def test_every_stage_was_shown_as_it_ended(taken: Taken) -> None:
    for stage in PIPELINE.declared:
        due = stage.name not in NOTHING_TO_DO and stage.group not in NOT_OF_A_BUILD
        assert (stage.name in taken.said) == due, stage.name


def test_airflow_is_gone_afterwards(taken: Taken) -> None:
    assert taken.left == []


def test_run_again_a_build_finds_everything_committed(served: Site) -> None:
    before, commits = served.dataset(), served.commits()
    code, said = served.build()
    assert code == 0, said
    assert (served.dataset(), served.commits()) == (before, commits)
    ran = {line.split()[1] for line in said.splitlines() if line.startswith("  extract ")}
    assert ran == {"open", "scan", "gate", "approval", "promote"}


def test_a_failed_gate_ends_the_build_with_its_reason(served: Site, tmp_path: Path) -> None:
    write_tiny_warc(tmp_path / "crawl", pages=2, images=4, files=1)
    root, severe = tmp_path / "root", json.dumps({"filter_images": {"min_side": 7000}})
    words = {"crawl": tmp_path / "crawl", "root": root, "stages": severe}
    code, said = served.build(*(w for k, v in words.items() for w in (f"--{k}", str(v))))
    assert code == 1
    assert "realsyn_extract gate" in said
    assert "_gates/extract/index.html" in said
    assert not (root / "corpus").exists()
    assert not (root / "builds").exists()
