from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.datasets import changes
from realsyn_tasks.datasets.changes import (
    compare,
    fields_of,
    first_without,
    rows_at,
    sentences_at,
    unlike,
)
from realsyn_tasks.datasets.manifest import DamagedDataset
from tests.datasets.handmade import named, pair, version

WORDS = [f"picture {number}" for number in range(40)]


def ids(rows: object) -> set[str]:
    return {name.decode() for name in rows["id"].tolist()}  # type: ignore[index]


def test_pairs_are_added_removed_changed_or_the_same(tmp_path: Path) -> None:
    old = version(tmp_path, [[pair("a"), pair("b")], [pair("c"), pair("d")]])
    new = version(tmp_path, [[pair("d"), pair("e"), pair("b", "another text")]])
    made = compare(old, new)
    assert made.counts() == {"same": 1, "added": 1, "removed": 2, "changed": 1}
    assert ids(made.rows[made.added]) == {named("e")}
    assert ids(made.rows[made.removed]) == {named("a"), named("c")}
    [row] = made.rows[made.changed]
    assert fields_of(int(row["fields"])) == ["text1", "text2", "realistic_scores", "relevance"]
    assert made.by_field()["text1"] == 1


def test_a_version_is_like_itself_however_it_is_cut(tmp_path: Path) -> None:
    rows = [pair(word) for word in WORDS]
    one = version(tmp_path, [rows])
    cut = version(tmp_path, [rows[30:], [], rows[:30][::-1]])
    assert compare(one, one).counts()["same"] == len(WORDS)
    made = compare(one, cut)
    assert made.counts() == {"same": len(WORDS), "added": 0, "removed": 0, "changed": 0}
    assert len(made.rows) == 0


def test_many_parts_say_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = version(tmp_path, [[pair(word) for word in WORDS[:30]]])
    new = version(tmp_path, [[pair(w, f"{w} 1", f"{w} 3") for w in WORDS[20:]]])
    whole = compare(old, new)
    monkeypatch.setattr(changes, "PAIRS_PER_PART", 3)
    parted = compare(old, new)
    assert whole.counts() == {"same": 0, "added": 10, "removed": 20, "changed": 10}
    assert parted.rows.tolist() == whole.rows.tolist()
    assert parted.rows["id"].tolist() == sorted(parted.rows["id"].tolist())


def test_shards_are_put_into_parts_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = version(tmp_path, [[pair(word)] for word in WORDS[:30]])
    new = version(tmp_path, [[pair(w, f"{w} 1", f"{w} 3")] for w in WORDS[20:]])
    monkeypatch.setattr(changes, "PAIRS_PER_PART", 3)
    written: list[int] = []
    original = changes._by_part

    def counted(rows: pa.Table, bounds: object) -> Iterator[tuple[int, pa.Table]]:
        written.append(rows.num_rows)
        return original(rows, bounds)  # type: ignore[arg-type]

    monkeypatch.setattr(changes, "_by_part", counted)
    together = compare(old, new)
    assert written == [30, 20], "all shards of a version at once, as they are small"
    monkeypatch.setattr(changes, "HELD_BYTES", 1)
    assert compare(old, new).rows.tolist() == together.rows.tolist()
    assert written[2:] == [1] * 50


def test_rows_are_read_back_by_their_places(tmp_path: Path) -> None:
    old = version(tmp_path, [[pair("a")], [pair("b"), pair("c")]])
    made = compare(old, version(tmp_path, [[pair("z")]]))
    gone = made.rows[made.removed]
    read = rows_at(old, gone["old"], ["image_id"])
    assert [row["image_id"].encode() for row in read] == gone["id"].tolist()
    assert rows_at(old, gone["new"], ["image_id"]) == [{}, {}, {}]


def test_the_first_sentence_that_came_or_left_is_known(tmp_path: Path) -> None:
    old = version(tmp_path, [[pair("a"), pair("b", "1", "2", "3")], [pair("c", "4")]])
    new = version(tmp_path, [[pair("c", "5", "4")], [pair("b", "2", "1")]])
    both = [(old, [0, 1, 1 << 32]), (new, [-1, 1 << 32, 0])]
    before, after = (sentences_at(side, np.array(places)) for side, places in both)
    assert before[1].tolist() == [named(word).encode() for word in "123"]
    assert [name.decode() for name in first_without(before, after)] == [
        *(named("a 1"), named("3"), "")
    ]
    assert [name.decode() for name in first_without(after, before)] == ["", "", named("5")]


def test_nulls_and_lists_are_compared_by_what_they_hold() -> None:
    def column(*values: object) -> pa.ChunkedArray:
        return pa.chunked_array([pa.array(values)])

    assert unlike(column(1.5, None, None, 2.0), column(1.5, None, 3.0, 2.5)).tolist() == [
        *(False, False, True, True)
    ]
    old, new = column([1, 2], [], [3, None], [1], [7]), column([1, 2], [0], [3, None], [2], [7])
    assert unlike(old, new).tolist() == [False, True, False, True, False]


def test_a_table_that_cannot_be_read_is_told_by_name(tmp_path: Path) -> None:
    old, new = version(tmp_path, [[pair("a")]]), version(tmp_path, [[pair("b")]])
    (tmp_path / new.path / "data/00000.parquet").write_bytes(b"")
    with pytest.raises(DamagedDataset, match=r"data/00000\.parquet is unreadable"):
        compare(old, new)
