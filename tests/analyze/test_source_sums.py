"""Sums of sources are those of the rows one after the other, and few are held of very many."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.analyze import schemas, source_sums
from realsyn_tasks.analyze.source_sums import NUMBERS, rows_of, summed
from realsyn_tasks.core import tables

Found = list[tuple[str | None, list[float]]]
NAMES = ["", "a.example", "Ä", "z", None, *(f"{n}.example" for n in range(40))]


def shards_of(seed: int, count: int) -> list[pa.Table]:
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        rows: list[dict[str, Any]] = [
            {
                "kind": kind,
                "name": name,
                "pairs": int(random.zipf(2)),
                "score": round(float(random.normal()), 6),
                "scored": int(random.integers(4)),
                "synthetic_score": round(float(random.normal()), 6),
                "synthetic_scored": int(random.integers(4)),
            }
            for kind in ("domain", "licence")
            for name in NAMES
            if random.random() < 0.5
        ]
        made.append(tables.from_rows(schemas.SOURCE_SUMS, rows))
    return made


def one_by_one(shards: list[pa.Table], kind: str, most: int) -> Found:
    """Add rows up one after the other, to the last bit."""
    sums: defaultdict[str | None, Any] = defaultdict(lambda: np.zeros(len(NUMBERS)))
    for row in (row for table in shards for row in table.to_pylist()):
        if row["kind"] == kind:
            sums[row["name"]] += [row[name] for name in NUMBERS]
    unnamed = [sums.pop(None)] if None in sums else []
    order = sorted(sums, key=lambda name: (-sums[name][0], name))
    found: Found = [(name, sums[name].tolist()) for name in order[:most]]
    others = [*(sums[name] for name in order[most:]), *unnamed]
    return [*found, *([(None, np.sum(others, axis=0).tolist())] if others else [])]


@pytest.mark.parametrize("at_once", [0, 200, 10_000])
@pytest.mark.parametrize("most", [1, 7, 1000])
def test_what_is_added_up_at_once_makes_no_difference(
    at_once: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_sums, "AT_ONCE", at_once)
    shards = shards_of(most, 12)
    known = summed(shards)
    for kind in ("domain", "licence"):
        assert list(rows_of(known, kind, most)) == one_by_one(shards, kind, most)


def test_of_very_many_names_the_largest_stay_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(source_sums, "AT_ONCE", 100)
    monkeypatch.setattr(source_sums, "MOST_KEPT", 64)
    held: list[int] = []

    def noted(given: list[pa.Table]) -> pa.Table:
        held.append(sum(table.num_rows for table in given))
        return added(given)

    added = source_sums._added
    monkeypatch.setattr(source_sums, "_added", noted)
    rows = [
        [{"kind": "domain", "name": f"{shard} {n}", **dict.fromkeys(NUMBERS, 1)} for n in range(20)]
        + [{"kind": "domain", "name": f"hub {n}", **dict.fromkeys(NUMBERS, 9)} for n in range(5)]
        for shard in range(60)
    ]
    known = summed(tables.from_rows(schemas.SOURCE_SUMS, some) for some in rows)
    *hubs, (name, others) = rows_of(known, "domain", 5)
    assert hubs == [(f"hub {n}", [540.0] * 5) for n in range(5)]
    assert (name, others) == (None, [1200.0] * 5)
    assert max(held) < 64 + 2 + 125 + 1


def test_of_nothing_there_is_nothing() -> None:
    assert list(rows_of(summed([]), "domain", 5)) == []
