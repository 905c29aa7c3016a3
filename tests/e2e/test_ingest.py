"""Crawls that arrive under ROOT/crawls become generations by themselves; bad ones stand aside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Upkeep, generations, quarantine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def pinned_by(run: Path) -> list[dict[str, Any]]:
    """The generations that a run is pinned to."""
    sources = json.loads((run / "config.json").read_text())["sources"]
    generations: list[dict[str, Any]] = sources["corpus"]["reference"]["generations"]
    return generations


def test_a_crawl_dropped_later_becomes_the_next_generation(upkeep: Upkeep) -> None:
    assert generations(upkeep.site) == ["a", "c"]
    root = upkeep.site.default
    pointers = sorted(root.glob("corpus/*/generation.json"))
    first, second = [json.loads(path.read_text()) for path in pointers]
    assert (first["generation"], second["generation"]) == (1, 2)
    assert first["shards"] and second["shards"]
    pinned = pinned_by(root / "extracts/c")
    assert [ref["digest"] for ref in pinned] == [first["digest"]], "compared with the first"


def test_the_next_build_uses_it(upkeep: Upkeep) -> None:
    root = upkeep.site.default
    assert [ref["generation"] for ref in pinned_by(root / "builds/6")] == [1, 2]
    matched = sorted((root / "builds/6/merge_matches/_commits").glob("[0-9]*.json"))
    rows = [json.loads(path.read_text())["rows"]["matches"] for path in matched]
    assert len(rows) == 2 and all(rows), "images of both generations have texts"
    assert list(root.glob("datasets/*/*/manifest.json"))


def test_a_bad_crawl_is_quarantined_with_its_reason(upkeep: Upkeep) -> None:
    [note] = quarantine(upkeep.site)
    assert (note["name"], note["reason"]) == ("b", "gate_failed")
    assert "images" in note["why"]
    assert Path(note["page"].removeprefix("file://")).is_file()


def test_a_failed_gate_promotes_nothing_and_says_why(upkeep: Upkeep) -> None:
    site = upkeep.site
    runs = site.runs("realsyn_extract")
    [run] = [run for run in runs if (run["conf"] or {}).get("crawl", "").endswith("/b")]
    path = f"dags/realsyn_extract/dagRuns/{run['dag_run_id']}/taskInstances"
    states = {
        task["task_id"]: task["state"] for task in site.call(f"{path}?limit=100")["task_instances"]
    }
    assert (run["state"], states["gate"]) == ("failed", "failed")
    assert states["promote"] == "upstream_failed"
    verdict = site.call(f"{path}/gate/xcomEntries/gate?deserialize=true")["value"]
    assert not verdict["passed"] and "image" in verdict["summary"]


def test_only_the_run_with_the_bad_crawl_is_red(upkeep: Upkeep) -> None:
    runs = sorted(upkeep.site.runs("realsyn_ingest"), key=lambda run: run["run_after"])
    ended = [run["state"] for run in runs if run["end_date"]]
    assert ended[0] == "success" and ended.count("failed") == 1


def test_no_crawl_is_tried_twice_and_none_before_it_is_whole(upkeep: Upkeep) -> None:
    names = [Path(crawl).name for crawl in upkeep.tried]
    assert sorted(names) == ["b", "c"]
