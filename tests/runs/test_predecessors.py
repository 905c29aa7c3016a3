"""A build that follows another keeps what relevance is estimated by, where that means the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.workspace import Workspace
from tests.retrieve.grown import commits, matched, opened, promote_generation
from tests.retrieve.test_growing import Later


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("followed")
    promote_generation(root, 1, Later(1, images=20, sentences=80, shards=1))
    matched(opened(root, "first", []))
    promote_generation(root, 2, Later(2, images=10, sentences=40, shards=1))
    return root


def frozen(run: Workspace) -> tuple[str, str]:
    """The lists and the estimates that a build is to keep, by content."""
    stages = run.config.stages
    return stages["fit_lists"]["frozen"], stages["fit_relevance"]["frozen"]


def test_the_estimates_are_kept_with_the_lists(root: Path) -> None:
    first = Workspace.open(f"file://{root}/builds/first", opened(root, "x", [1, 2]).pipeline)
    fits = tuple(commits(first, stage)[0].digest for stage in ("fit_lists", "fit_relevance"))
    assert frozen(opened(root, "again", [1, 2])) == fits
    assert frozen(opened(root, "again", [1, 2])) == fits  # also when it is opened again


@pytest.mark.parametrize(
    "changes",
    [
        {"search_lists": {"hub_penalty": 0.5}},
        {"pool_candidates": {"max_word_overlap": 0.5}},
        {"fit_relevance": {"target_precision": 0.9}},
    ],
)
def test_other_candidates_or_targets_are_estimated_anew(
    root: Path, changes: dict[str, Any]
) -> None:
    lists, estimates = frozen(opened(root, "other", [1, 2], **changes))
    assert lists
    assert estimates == ""
