"""Several scales at once by a real scheduler: the texts are written once, each has its sample."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.sample.group import GROUP as SAMPLE
from realsyn_tasks.stages import PIPELINE
from tests.e2e.conftest import Taken

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def build_of(root: Path, name: str) -> Workspace:
    return Workspace.open(f"{root.as_uri()}/builds/{name}", PIPELINE)


def published(root: Path, name: str) -> set[str]:
    """The ids of the images that a build published last."""
    note = json.loads((root / "builds" / name / "_promoted/dataset.json").read_text())
    tables = sorted((root / note["path"] / "data").glob("*.parquet"))
    return {image for path in tables for image in pq.read_table(path)["image_id"].to_pylist()}


def made_itself(root: Path, name: str) -> set[str]:
    """The stages of which a build has a commit of its own."""
    build = build_of(root, name)
    return {
        stage.name
        for stage in build.stages()
        if any(not commit.origin for commit in build.ledger(stage.name).commits().values())
    }


def test_texts_are_written_once_and_samples_are_nested(taken: Taken) -> None:
    root = taken.site.root
    assert "Scales" in taken.last
    samples = {stage.name for stage in SAMPLE.stages if stage.targeted or stage.name == "export"}
    assert "generate_texts" in made_itself(root, "6")
    assert made_itself(root, "4") <= samples | {"balance"}
    for group in ("retrieve", "synthesize"):
        assert build_of(root, "4").promotion(group) == build_of(root, "6").promotion(group)
    assert [len(published(root, name)) for name in ("4", "6")] == [4, 6]
    assert published(root, "4") < published(root, "6")
