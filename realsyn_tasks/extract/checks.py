"""The gate's checks of an extract, beyond those that every gate has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from realsyn_tasks.core import ids
from realsyn_tasks.core.commits import DROPPED
from realsyn_tasks.core.counts import share
from realsyn_tasks.core.errors import PERMANENT
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import (
    MOST_EXAMPLES,
    MOST_SHARDS,
    WARNING,
    Check,
    Finding,
    Settings,
    shorten,
)
from realsyn_tasks.corpus.crawl import UnreadFiles, crawl_of
from realsyn_tasks.extract.holders import holder
from realsyn_tasks.extract.novelty import novelty
from realsyn_tasks.formats.documents import CutCrawlFile
from realsyn_tasks.formats.reasons import FILE_CUT


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


def cut_off(evidence: Evidence, settings: Settings) -> Finding:
    """Next to all files of the crawl can be read to their end."""
    counted = evidence.counts("parse")["files_cut"]
    lost = _wholly_cut(evidence)
    files, cut, most = _files(evidence), counted + len(lost), float(settings["share"])
    return Finding(
        name="cut_off",
        about="crawl",
        expected=f"at most {most:.0%} of the crawl's files cut off",
        saw=f"{cut} of {files} files end in the middle, so what else is missing is not known"
        if cut
        else f"{files} files, none of which ends in the middle",
        passed=share(cut, files) <= most,
        examples=shorten(lost + _cut_places(evidence) if cut else []),
    )


def _files(evidence: Evidence) -> int:
    crawl = crawl_of(evidence.workspace.config.sources)
    return sum(map(len, crawl.shards)) if crawl else 0


def _wholly_cut(evidence: Evidence) -> list[str]:
    """Name the files of which so little is there that their shard was quarantined."""
    status = evidence.statuses["parse"]
    failures = [status.failures.get(shard) for shard in status.states]
    begin = f"{CutCrawlFile.__name__}: "
    return [
        failure.error.removeprefix(begin)
        for failure in failures
        if failure and failure.failure_class == PERMANENT and failure.error.startswith(begin)
    ]


def _cut_places(evidence: Evidence) -> list[str]:
    """Say where some files end, as file and byte, or line."""
    places: list[str] = []
    for commit in evidence.commits("parse"):
        if commit.counts.get("files_cut", 0):
            for rows in evidence.read(commit.objects[DROPPED], ["id", "reason"]):
                places += [r["id"] for r in rows.to_pylist() if r["reason"] == FILE_CUT.code]
        if len(places) >= MOST_EXAMPLES:
            break
    return places


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


def nothing_new(evidence: Evidence, settings: Settings) -> Finding:
    """The crawl holds an image that no older generation holds; else it makes no generation."""
    seen = novelty(evidence)
    return Finding(
        name="novelty",
        about="crawl",
        expected="images that no older generation holds",
        saw=seen.in_words() if seen.no_images else f"{seen.images} new images",
        passed=not seen.no_images,
        severity=WARNING,
    )


def _kinds(kinds: Sequence[UnreadFiles]) -> str:
    """Name the kinds with most files, and count the others."""
    named = shorten([kind.in_words() for kind in kinds])
    more = sum(kind.files for kind in kinds[len(named) :])
    return "; ".join([*named, f"{more} of other kinds"] if more else named)


CHECKS: dict[str, Check] = {
    "pixels": pixels,
    "cut_off": cut_off,
    "novelty": nothing_new,
    "unread": unread,
}
