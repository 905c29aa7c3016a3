"""Several scales at once by a real scheduler: the texts are written once, each has its sample."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.sample.group import GROUP as SAMPLE
from realsyn_tasks.stages import PIPELINE
from tests.airflow_home import TINY_STAGES
from tests.e2e.airflow import Site

OTHER_TEXTS = {**TINY_STAGES, "generate_texts": {"max_tags": 2}}
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


def test_texts_are_written_once_and_samples_are_nested(served: Site, tmp_path: Path) -> None:
    """Over a corpus that has been matched; other texts are asked for."""
    root = tmp_path / "root"
    shutil.copytree(served.root, root)
    words = {"root": root, "target": "4,2", "crawl": "", "stages": json.dumps(OTHER_TEXTS)}
    code, said = served.build(*(w for k, v in words.items() for w in (f"--{k}", str(v))))
    assert code == 0, said
    assert "Scales" in said
    ran = {line.split()[0] for line in said.splitlines() if line.startswith("  ")}
    assert "synthesize" in ran and not ran & {"extract", "retrieve"}
    samples = {stage.name for stage in SAMPLE.stages if stage.targeted or stage.name == "export"}
    assert "generate_texts" in made_itself(root, "4")
    assert made_itself(root, "2") <= samples | {"balance"}
    assert build_of(root, "4").promotion("retrieve") == build_of(root, "6").promotion("retrieve")
    for group in ("retrieve", "synthesize"):
        assert build_of(root, "2").promotion(group) == build_of(root, "4").promotion(group)
    assert [len(published(root, name)) for name in ("2", "4")] == [2, 4]
    assert published(root, "2") < published(root, "4")
