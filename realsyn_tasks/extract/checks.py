"""The gate's checks of an extract, beyond those that every gate has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from realsyn_tasks.core import ids
from realsyn_tasks.core.counts import share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import (
    MOST_SHARDS,
    WARNING,
    Check,
    Finding,
    Settings,
    shorten,
)
from realsyn_tasks.corpus.crawl import UnreadFiles, crawl_of
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


def unread(evidence: Evidence, settings: Settings) -> Finding:
    """The crawl holds few bytes in files that nothing reads; those are told by kind."""
    crawl = crawl_of(evidence.workspace.config.sources)
    kinds = crawl.unread if crawl else ()
    held = sum(file.size for file in crawl.files) if crawl else 0
    most, left = float(settings["share"]), share(sum(kind.bytes for kind in kinds), held)
    return Finding(
        name="unread",
        about="crawl",
        expected=f"at most {most:.0%} of the crawl's bytes in files that nothing reads",
        saw=f"{left:.1%} of the bytes in {_kinds(kinds)}"
        if kinds
        else "every file read, or shown by a page that is",
        passed=left <= most,
        severity=WARNING,
    )


def _kinds(kinds: Sequence[UnreadFiles]) -> str:
    """Name the kinds with most files, and count the others."""
    named = shorten([kind.in_words() for kind in kinds])
    more = sum(kind.files for kind in kinds[len(named) :])
    return "; ".join([*named, f"{more} of other kinds"] if more else named)


CHECKS: dict[str, Check] = {"pixels": pixels, "unread": unread}
