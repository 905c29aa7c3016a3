"""Rows put aside come back whole: every key in one part, in the order in which it came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core.spill import PARTS, Spill


def rows(start: int, count: int, random: np.random.Generator) -> pa.Table:
    keys = random.integers(0, 40, count).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return pa.table({"key": keys, "name": [f"n{start + n}" for n in range(count)]})


@pytest.mark.parametrize("held_rows", [1, 7, 50, 10_000])
def test_parts_are_the_rows_by_key(held_rows: int, tmp_path: Path) -> None:
    random = np.random.default_rng(held_rows)
    given = [rows(100 * n, int(random.integers(0, 30)), random) for n in range(12)]
    spill = Spill(tmp_path / "spilled", "key", held_rows)
    for table in given:
        spill.add(table)
    parts = [part.to_pylist() for part in spill.parts()]

    whole = pa.concat_tables(given).to_pylist()
    assert sorted(str(row) for part in parts for row in part) == sorted(map(str, whole))
    for key in {row["key"] for row in whole}:
        [mine] = [part for part in parts if key in {row["key"] for row in part}]
        in_order = [row for row in whole if row["key"] == key]
        assert [row for row in mine if row["key"] == key] == in_order
    assert len(parts) == (1 if held_rows == 10_000 else PARTS)
    assert not list(tmp_path.rglob("*.arrow"))


def test_few_rows_never_touch_the_disk(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "spilled", "key")
    spill.add(rows(0, 5, np.random.default_rng(0)))
    [part] = spill.parts()
    assert part.num_rows == 5
    assert not (tmp_path / "spilled").exists()
