"""A build by a real scheduler, from the command line to the table at its end."""

from __future__ import annotations

import re

import pytest

from realsyn_tasks.stages import PIPELINE
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
    assert any(path.endswith(".parquet") for path in taken.pairs)
    for words in ("documents", "sentences", "passed", "report.html"):
        assert words in taken.last


def test_every_stage_was_shown_as_it_ended(taken: Taken) -> None:
    for stage in PIPELINE.declared:
        due = stage.name not in NOTHING_TO_DO and stage.group not in NOT_OF_A_BUILD
        assert (stage.name in taken.said) == due, stage.name


def test_airflow_is_gone_afterwards(taken: Taken) -> None:
    assert taken.left == []


def test_run_again_a_build_finds_everything_committed(taken: Taken) -> None:
    code, said = taken.again
    assert code == 0, said
    assert taken.kept
    steps = re.findall(r"^  extract +(\w+) .* s$", said, re.MULTILINE)
    assert set(steps) == {"open", "scan", "gate", "approval", "promote"}


def test_a_failed_gate_ends_the_build_with_its_reason(taken: Taken) -> None:
    code, said = taken.refused
    assert code == 1
    assert "realsyn_extract gate" in said
    assert "_gates/extract/index.html" in said
    assert not (taken.severe / "corpus").exists()
    assert not (taken.severe / "builds").exists()
