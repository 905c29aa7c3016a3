"""Draw the pictures of a version that models learn from, with all texts that arms may ask for.

Every arm has the same pictures; what it has of their texts, and how many of them, arms.py draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.datasets.pinned import PAIRS
from realsyn_tasks.evaluate import reasons, schemas
from realsyn_tasks.evaluate.protocol import Lessons, TextSource
from realsyn_tasks.evaluate.texts import COLUMNS, has_caption, texts_of
from realsyn_tasks.vectors.hash_order import hash_order, within

ABOUT = ("key", "image_id", "document_url", "cluster_id")
_PURPOSE = 12  # apart from the orders that versions and analyses are drawn by
Row = dict[str, Any]


class Config(StageConfig):
    """Which pictures, and how many texts of each source at most."""

    lessons: Lessons = Lessons()
    sources: dict[TextSource, int] = Field(default_factory=dict)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one row for each picture that is learnt from, in the order of their keys."""
    version = inputs.source("datasets").version_of(context.shard)
    overlapping = _overlapping(inputs)
    lessons: list[Row] = []
    dropped: list[Dropped] = []
    for row in _rows(inputs, config, context, version):
        texts = texts_of(row, config.sources)
        if reason := _why_not(row, texts, config, overlapping):
            dropped.append(Dropped("pair", row["key"], reason))
        else:
            lessons.append(_lesson(row, texts, version))
    return Output(
        tables={"lessons": tables.from_rows(schemas.LESSONS, lessons, sort_by=("key",))},
        dropped=dropped,
        counts={"lessons": len(lessons)},
    )


def _rows(inputs: Inputs, config: Config, context: Context, version: int) -> Iterator[Row]:
    """Read the pairs of the shard, each with its place in the random order of pictures."""
    pairs = inputs.table("datasets", PAIRS)
    pairs = pairs.select([name for name in (*ABOUT, *COLUMNS) if name in pairs.column_names])
    limit = _total(inputs, version)
    for batch in pairs.to_batches(max_chunksize=5000):
        rows = batch.to_pylist()
        places = hash_order([row["image_id"] for row in rows], (context.seed << 4) | _PURPOSE)
        wanted = config.lessons.pictures or limit
        chosen = within(places, wanted, limit) if wanted < limit else places >= 0
        for row, place, near in zip(rows, places.tolist(), chosen.tolist(), strict=True):
            yield {**row, "place": place, "chosen": near}


def _total(inputs: Inputs, version: int) -> int:
    """Count the pairs of a version."""
    return int(inputs.source("datasets").reference.versions[version].pairs)


def _overlapping(inputs: Inputs) -> set[str]:
    """Name the pairs of the shard that an evaluation set has, too."""
    if not inputs.has("find_overlaps"):
        return set()
    return set(inputs.table("find_overlaps", "overlaps", ["key"])["key"].to_pylist())


def _why_not(
    row: Row, texts: list[tuple[TextSource, str]], config: Config, overlapping: set[str]
) -> Reason | None:
    if config.lessons.drop_overlaps and row["key"] in overlapping:
        return reasons.OVERLAPPING
    if not texts or not set(config.lessons.having) <= {source for source, _ in texts}:
        return reasons.INCOMPLETE
    return None if row["chosen"] else reasons.BEYOND_LESSONS


def _lesson(row: Row, texts: list[tuple[TextSource, str]], version: int) -> Row:
    address = row["document_url"] or row["image_id"]
    return {
        "version": version,
        "key": row["key"],
        "image_id": row["image_id"],
        "document": address,
        "source": urlsplit(address).hostname or "",
        "cluster_id": row["cluster_id"] or 0,
        "place": row["place"],
        "has_caption": has_caption(row),
        "texts": [{"source": source, "text": text} for source, text in texts],
    }
