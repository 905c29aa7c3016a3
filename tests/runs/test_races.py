"""Two of everything at once: what is asked twice is done once; what excludes another says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from realsyn_tasks.core.gate_results import override_path, stored_result
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.quality import gate
from realsyn_tasks.quality.override import override
from realsyn_tasks.runs.promotion import promote
from tests import fabricated
from tests.finished import open_run
from tests.quality.breaking import at_chance
from tests.races import at_once


def files(root: Path, folder: str = "") -> dict[str, bytes]:
    """All that is below a folder, without what is being written."""
    paths = [path for path in (root / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


@pytest.fixture
def copies(finished: Path, tmp_path: Path) -> list[Path]:
    """The finished root twice: for one act, and for several at once."""
    return [shutil.copytree(finished, tmp_path / name / "root") for name in ("one", "many")]


def test_a_dataset_published_by_several_is_that_of_one(copies: list[Path]) -> None:
    alone, raced = copies
    promote(open_run(alone, "sample"), "sample")
    run = open_run(raced, "sample")
    said = at_once(*[lambda: promote(run, "sample")] * 3)
    assert [each.failure_class for each in said] == ["", "", ""], said
    assert len({each.words for each in said}) == 1
    assert files(raced, "datasets") == files(alone, "datasets")
    assert files(raced, "builds/tiny/_promoted") == files(alone, "builds/tiny/_promoted")


def test_a_generation_promoted_by_several_is_that_of_one(tmp_path: Path) -> None:
    run = fabricated.extract(tmp_path / "root")
    assert gate(run, "extract").passed
    alone = shutil.copytree(tmp_path / "root", tmp_path / "alone")
    promote(open_run(alone, "extract"), "extract")
    said = at_once(*[lambda: promote(run, "extract")] * 3)
    assert [each.failure_class for each in said] == ["", "", ""], said
    assert files(tmp_path / "root", "corpus") == files(alone, "corpus")


def test_of_two_crawls_promoted_at_once_one_is_next_and_the_other_is_told(tmp_path: Path) -> None:
    runs = [fabricated.extract(tmp_path, name) for name in ("first", "second")]
    for run in runs:
        assert gate(run, "extract").passed
    said = at_once(*[lambda run=run: promote(run, "extract") for run in runs])
    assert sorted(each.failure_class for each in said) == ["", "config"]
    [refused] = [each.words for each in said if each.failure_class]
    assert "was opened before generation 1 was promoted" in refused
    [generation] = generations(runs[0].storage)
    winner = next(run for run, each in zip(runs, said, strict=True) if not each.failure_class)
    assert generation.extract == winner.config.name


def test_gates_at_once_come_to_one_result(tmp_path: Path) -> None:
    run = fabricated.extract(tmp_path / "root")
    alone = shutil.copytree(tmp_path / "root", tmp_path / "alone")
    assert gate(open_run(alone, "extract"), "extract").passed
    said = at_once(*[lambda: gate(run, "extract").digest] * 2)
    assert {each.failure_class for each in said} == {""} and len({e.words for e in said}) == 1
    gates = "extracts/pages/_gates"
    ours, theirs = files(tmp_path / "root", gates), files(alone, gates)
    assert ours.keys() == theirs.keys()
    assert ours[f"{gates}/extract/result.json"] == theirs[f"{gates}/extract/result.json"]


def test_of_overrides_at_once_one_stands_whole(opened: Callable[[str], Workspace]) -> None:
    run = opened("retrieve")
    fabricated.damage(run, "measure_relevance", at_chance)
    assert not gate(run, "retrieve").passed
    people = ("ann", "bob", "cy")
    reason = "{} has looked at forty of the pairs by eye"
    said = at_once(
        *[lambda who=who: override(run, "retrieve", reason.format(who), who) for who in people]
    )
    assert {each.failure_class for each in said} == {""}, said
    result = stored_result(run, "retrieve")
    assert result and result.passed and result.override
    assert result.override.reason == reason.format(result.override.by)
    assert run.storage.exists(override_path(run, "retrieve"))
