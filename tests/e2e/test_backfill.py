"""A build that lacks a marker and an object is repaired to the byte, by what the plan said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Upkeep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def contents(root: Path) -> dict[str, list[str]]:
    """Digest what every marker of the builds vouches for."""
    found = {}
    for path in root.glob("builds/*/*/_commits/[0-9]*.json"):
        objects = json.loads(path.read_text())["objects"].values()
        assert all((root / ref["path"]).stat().st_size == ref["size"] for ref in objects), path
        found[str(path.relative_to(root))] = sorted(ref["sha256"] for ref in objects)
    return found


def test_what_was_lost_is_back_to_the_byte(upkeep: Upkeep, pristine: Path) -> None:
    assert contents(upkeep.damaged) == contents(pristine)


def test_the_plan_said_before_what_would_run_and_why(upkeep: Upkeep) -> None:
    rows = upkeep.site.returned(upkeep.backfill, "plan")["rows"]
    told = {(row["stage"], row["state"], row["shards"]) for row in rows}
    assert ("tag_images", "missing", "0") in told
    assert ("embed_texts", "damaged", "1") in told
    assert {row["state"] for row in rows} == {"missing", "damaged", "waiting"}


def test_only_what_the_plan_named_ran(upkeep: Upkeep) -> None:
    tasks = upkeep.site.wait(upkeep.backfill)
    state = {task: found["state"] for (task, _), found in tasks.items()}
    assert state["repair_synthesize"] == "success"
    assert state["repair_retrieve"] == state["shards.gpu"] == "skipped"
