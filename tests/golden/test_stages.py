"""What every stage makes of a fixed small world, byte for byte, beside its version.

Output that changes without its version being raised would be believed to be up to date in every
run that was made before. `REALSYN_GOLDEN=write` with this test writes the digests anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.stages import PIPELINE

GOLDEN = Path(__file__).with_name("digests.json")
# no image by address only, no captioner, no mined tags, no licence refused; analyses, tunings
# and evaluations make no data of a build
NOT_IN_THIS_WORLD = {"fetch", "count_phrases", "mine_tags", "caption_images", "filter_licences"}
NOT_IN_THIS_WORLD |= {
    s.name for group in ("analyze", "tune", "evaluate") for s in PIPELINE.group(group).declared
}


@pytest.fixture(scope="module")
def digests(pristine: Path) -> dict[str, str]:
    """Give a digest of what each stage made of two crawls and a build."""
    places = ("extracts/first", "extracts/second", "builds/all")
    runs = [Workspace.open(f"{pristine.as_uri()}/{place}", PIPELINE) for place in places]
    by_stage: dict[str, list[str]] = {}
    for run in runs:
        for name, made in _digests_of(run).items():
            by_stage.setdefault(name, []).append(made)
    return {name: digest(made)[:16] for name, made in by_stage.items()}


def _digests_of(run: Workspace) -> dict[str, str]:
    planner = Planner(run)
    return {stage.name: planner.status(stage).digest for stage in run.stages()}


def test_the_golden_digests_are_of_this_pipeline(digests: dict[str, str]) -> None:
    stages = [stage for stage in PIPELINE.declared if stage.name not in NOT_IN_THIS_WORLD]
    if os.environ.get("REALSYN_GOLDEN") == "write":
        entries = {s.name: {"version": s.version, "digest": digests[s.name]} for s in stages}
        GOLDEN.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    assert list(json.loads(GOLDEN.read_text(encoding="utf-8"))) == [stage.name for stage in stages]


@pytest.mark.parametrize("name", [s.name for s in PIPELINE.declared])
def test_output_changes_only_with_the_version(name: str, digests: dict[str, str]) -> None:
    if name in NOT_IN_THIS_WORLD:
        pytest.skip(f"{name} has nothing to do in this world")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))[name]
    version = PIPELINE.stage(name).version
    if version != golden["version"]:
        pytest.fail(f"version {version} of {name} is new: write its digest (REALSYN_GOLDEN=write)")
    assert digests[name] == golden["digest"], (
        f"{name} gives other output than its version {version} did: raise the version in its"
        " group's declaration, then write its digest (REALSYN_GOLDEN=write)"
    )
