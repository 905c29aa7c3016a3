"""The pairs that the report shows with their pictures: best, median and worst by similarity."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.pictures.pixels import read_at
from realsyn_tasks.report.pictures import thumbnail
from realsyn_tasks.sample.group import GROUP

EACH = 8  # pairs of a role
ROLES = ("best", "median", "worst")
READ = [
    *(
        "image_id",
        "key",
        "text1",
        "text2",
        "text3",
        "syn_text",
        "recaption",
        "realistic_scores",
        "syn_score",
    ),
    *("caption", "caption_verdict", "alt", "alt_verdict", "tags", "cluster_id", "width", "height"),
    *("raw_image_url", "document_url", "source", "source_offset", "licence"),
]
Row = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """One pair as it is shown: a small picture and everything known of it."""

    picture: str  # data URI; empty where it cannot be made
    row: Row


def chosen(scores: Mapping[str, float], each: int = EACH) -> dict[str, list[str]]:
    """Choose the best, the middle and the worst of some images; none of them twice."""
    ordered = sorted(scores, key=lambda name: (-scores[name], name))
    each = min(each, max(1, len(ordered) // len(ROLES)))
    best, rest = ordered[:each], ordered[each:]
    worst, between = rest[len(rest) - each :][::-1], rest[: max(0, len(rest) - each)]
    start = max(0, (len(between) - each) // 2)
    return dict(zip(ROLES, (best, between[start : start + each], worst), strict=True))


def shown_pairs(evidence: Evidence, sample: pa.Table | None) -> dict[str, list[Shown]]:
    """Give best, median and worst pairs of a drawn sample, with their pictures."""
    if sample is None:
        return {role: [] for role in ROLES}
    columns = (sample[name].to_pylist() for name in ("image_id", "realistic_scores"))
    names = chosen({name: scores[0] for name, scores in zip(*columns, strict=True) if scores})
    pairs = _pairs(evidence, [name for some in names.values() for name in some])
    return {role: [pairs[name] for name in some if name in pairs] for role, some in names.items()}


def _pairs(evidence: Evidence, names: Sequence[str]) -> dict[str, Shown]:
    [pairs] = GROUP.hands_on
    shown: dict[str, Shown] = {}
    for commit in evidence.commits(pairs.stage):
        if len(shown) < len(names):
            shown |= {
                each.row["image_id"]: each for each in _of_shard(evidence, commit, set(names))
            }
    return shown


def _of_shard(evidence: Evidence, commit: Commit, names: Collection[str]) -> Iterator[Shown]:
    """Read the rows of some images, and of the tar their pictures alone."""
    [pairs] = GROUP.hands_on
    keys = _read(evidence, commit.objects[pairs.table], [pairs.key])[pairs.key].to_pylist()
    numbers = np.flatnonzero([key in names for key in keys])
    if not len(numbers):
        return
    rows = tables.taken(_read(evidence, commit.objects[pairs.table], READ), numbers).to_pylist()
    places = tables.taken(_read(evidence, commit.objects["places"]), numbers).to_pylist()
    with evidence.workspace.storage.open(commit.objects["samples"].path) as tar:
        for row, place in zip(rows, places, strict=True):
            yield Shown(thumbnail(read_at(tar, place["offset"], place["length"])), row)


def _read(evidence: Evidence, ref: ObjectRef, columns: list[str] | None = None) -> pa.Table:
    return pa.concat_tables(evidence.read(ref, columns))
