"""A finished root made of rows: a promoted extract, and a build that waits to be published."""

from __future__ import annotations

from pathlib import Path

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE
from tests import fabricated

GROUPS = ("retrieve", "synthesize", "sample")


def finish(root: Path) -> Workspace:
    """Fill a root with a promoted extract and a build that only waits to be published."""
    extract = fabricated.extract(root)
    assert gate(extract, "extract").passed
    promote(extract, "extract")
    build = fabricated.build(root)
    for group in GROUPS:
        fabricated.commit_build_group(build, group)
        result = gate(build, group)
        assert result.passed, result.summary
        if group != "sample":
            promote(build, group)
    return build


def open_run(root: Path, group: str) -> Workspace:
    """Open the run that a group belongs to."""
    run = "extracts/pages" if group == "extract" else "builds/tiny"
    return Workspace.open(f"{root.as_uri()}/{run}", PIPELINE)
