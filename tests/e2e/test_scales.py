"""Several scales at once by a real scheduler: the texts are written once, each has its sample."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.sample.group import GROUP as SAMPLE
from realsyn_tasks.stages import PIPELINE
from tests.e2e.airflow import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def build_of(site: Site, name: str) -> Workspace:
    return Workspace.open(f"{site.root.as_uri()}/builds/{name}", PIPELINE)


def published(site: Site, name: str) -> set[str]:
    """The ids of the images that a build published last."""
    note = json.loads((site.root / "builds" / name / "_promoted/dataset.json").read_text())
    tables = sorted((site.root / note["path"] / "data").glob("*.parquet"))
    return {image for path in tables for image in pq.read_table(path)["image_id"].to_pylist()}


def made_itself(site: Site, name: str) -> set[str]:
    """The stages of which a build has a commit of its own."""
    build = build_of(site, name)
    return {
        stage.name
        for stage in build.stages()
        if any(not commit.origin for commit in build.ledger(stage.name).commits().values())
    }


def test_texts_are_written_once_and_samples_are_nested(tmp_path: Path) -> None:
    site = Site(tmp_path)
    code, said = site.build("--target", "6,4")
    assert code == 0, said
    assert "Scales" in said
    code, said = site.build("--target", "2", "--crawl", "")  # later, over the same corpus
    assert code == 0, said
    assert not any(line.startswith(("  retrieve ", "  synthesize ")) for line in said.splitlines())
    samples = {stage.name for stage in SAMPLE.stages if stage.targeted or stage.name == "export"}
    for name, target in (("4", 4), ("2", 2)):
        assert made_itself(site, name) <= samples | {"balance"}, name
        assert len(published(site, name)) == target
        for group in ("retrieve", "synthesize"):
            assert build_of(site, name).promotion(group) == build_of(site, "6").promotion(group)
    assert published(site, "2") < published(site, "4") < published(site, "6")
