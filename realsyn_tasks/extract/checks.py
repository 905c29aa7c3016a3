"""The gate's checks of an extract, beyond those that every gate has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realsyn_tasks.core import ids
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import MOST_SHARDS, Check, Finding, Settings, shorten
from realsyn_tasks.extract.holders import holder


def pixels(evidence: Evidence, settings: Settings) -> Finding:
    """The bytes that an image's row points at are that image: its id is their SHA-256."""
    wrong: list[str] = []
    checked = 0
    for shard, row, data in _some_pixels(evidence, int(settings["per_shard"])):
        checked += 1
        if ids.image_id(data) != row["image_id"]:
            wrong.append(f"{row['image_id']} in shard {shard:05d} at {row['offset']}")
    return Finding(
        name="pixels",
        about="images",
        expected="image bytes whose SHA-256 begins with the image_id of their row",
        saw=f"{len(wrong)} of {checked} rows pointing at other bytes"
        if wrong
        else f"{checked} rows pointing at their images",
        passed=not wrong,
        examples=shorten(wrong),
    )


def _some_pixels(evidence: Evidence, per_shard: int) -> Iterator[tuple[int, dict[str, Any], bytes]]:
    stage = holder(evidence.workspace.runs)
    tars = {commit.shard: commit.objects["pixels"] for commit in evidence.commits(stage)}
    for commit in evidence.commits("dedup_images")[:MOST_SHARDS]:
        rows = evidence.first_rows(commit, "images", ["image_id", "offset", "length"], per_shard)
        with evidence.workspace.storage.open(tars[commit.shard].path) as source:
            for row in rows:
                source.seek(row["offset"])
                yield commit.shard, row, source.read(row["length"])


CHECKS: dict[str, Check] = {"pixels": pixels}
