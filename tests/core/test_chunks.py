"""Columns longer than the offsets of one array can count, with that limit made small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.core import chunks, tables, vector_columns

NESTED = pa.list_(pa.struct([("words", pa.list_(pa.string())), ("at", pa.int32())]))
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("raw", pa.binary()),
        ("row", pa.int64()),
        ("numbers", pa.list_(pa.int32())),
        ("nested", NESTED),
        ("embedding", tables.VECTOR),
    ]
)


def some_rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{n * 7 % count:05d}",
            "raw": None if n % 5 == 0 else bytes([n % 256]) * (n % 4),
            "row": n,
            "numbers": None if n % 7 == 0 else list(range(n % 3)),
            "nested": [{"words": ["a" * (n % 3), None], "at": n}] * (n % 3),
            "embedding": [n, n + 1, n + 2, n + 3],
        }
        for n in range(count)
    ]


def in_chunks(table: pa.Table, rows: int) -> pa.Table:
    parts = [table.slice(start, rows) for start in range(0, table.num_rows, rows)]
    return pa.concat_tables(parts) if parts else table


def within(table: pa.Table, most: int) -> bool:
    return all(
        chunks.extent(chunk) <= most or len(chunk) == 1
        for column in table.columns
        for chunk in column.chunks
    )


@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 60), most=st.integers(12, 200), rows=st.integers(1, 30), data=st.data())
def test_taking_and_sorting_keep_the_limit(
    count: int, most: int, rows: int, data: st.DataObject
) -> None:
    whole = tables.from_rows(SCHEMA, some_rows(count))
    places = st.lists(st.integers(0, count - 1), max_size=90) if count else st.just([])
    picked = np.array(data.draw(places), dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MOST", most)
        table = in_chunks(whole, rows)
        taken, ordered = tables.taken(table, picked), tables.ordered(table, ["id"])
        assert within(taken, most) and within(ordered, most)
    assert taken.to_pylist() == [whole.to_pylist()[row] for row in picked]
    assert ordered.to_pylist() == sorted(whole.to_pylist(), key=lambda row: str(row["id"]))
    assert ordered.schema == taken.schema == SCHEMA


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["a", "b", "c", None]), st.integers(0, 2)),
        max_size=30,
    ),
    rows=st.integers(1, 9),
    later_first=st.booleans(),
    downwards=st.booleans(),
)
def test_several_keys_sort_as_pyarrow_does(
    numbers: list[tuple[int, str | None, int]], rows: int, later_first: bool, downwards: bool
) -> None:
    if later_first:  # where the order by later keys is there, it is made use of
        numbers = sorted(numbers, key=lambda row: (row[1] is None, row[1], row[2]))
    schema = pa.schema([("x", pa.int32()), ("y", pa.string()), ("z", pa.int64())])
    made = [{"x": x, "y": y, "z": z} for x, y, z in numbers]
    table = pa.Table.from_pylist(made, schema).append_column("at", pa.array(range(len(made))))
    first = ("x", "descending" if downwards else "ascending")
    keys = [first, ("y", "ascending"), ("z", "ascending")]
    expected = table.take(pc.sort_indices(table, keys))
    assert chunks.ordered(in_chunks(table, rows), [first, "y", "z"]).equals(expected)


def test_rows_repeated_beyond_the_limit_come_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST", 10)
    column = chunks.taken_column(pa.chunked_array([["abcd", "ef"]]), np.array([0, 1, 0, 0, 1]))
    assert column.to_pylist() == ["abcd", "ef", "abcd", "abcd", "ef"]
    assert [chunks.extent(chunk) for chunk in column.chunks] == [6, 10]
    assert column.type == pa.string()


@pytest.mark.parametrize("error", [pa.ArrowInvalid, pa.ArrowCapacityError])
def test_what_pyarrow_cannot_join_is_taken_by_wide_offsets(error: type[Exception]) -> None:
    class Full:
        """A column of more than 2 GB."""

        def __init__(self, column: pa.ChunkedArray) -> None:
            self.type, self.cast = column.type, column.cast

        def __len__(self) -> int:
            return 0  # so that its chunks are not looked at

        def take(self, rows: pa.Array) -> pa.ChunkedArray:
            raise error("offset overflow while concatenating arrays")

    made = chunks.taken_column(Full(pa.chunked_array([["a"], ["b"]])), np.array([1, 0]))
    assert made.to_pylist() == ["b", "a"]


def test_vectors_beyond_the_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    vectors = np.arange(80, dtype=np.float32).reshape(20, 4)
    schema = pa.schema([("id", pa.string()), ("embedding", tables.VECTOR)])
    columns = {"id": [f"{n:02d}" for n in range(20)][::-1], "embedding": vectors}
    tables.write_table(tables.build(schema, columns, ["id"]), tmp_path / "whole")
    monkeypatch.setattr(chunks, "MOST", 13)  # three vectors
    table = tables.build(schema, columns, ["id"])
    assert table["embedding"].num_chunks == 7
    tables.write_table(table, tmp_path / "chunked")
    assert (tmp_path / "chunked").read_bytes() == (tmp_path / "whole").read_bytes()
    read = vector_columns.unpacked(pq.read_table(tmp_path / "chunked"))
    assert read["embedding"].num_chunks == 7
    assert np.array_equal(tables.vectors_of(read), vectors[::-1])
    assert np.array_equal(tables.halves_of(read), vectors[::-1].astype(np.float16))
    assert np.array_equal(tables.vectors_of(read.slice(2, 9)), vectors[::-1][2:11])
    assert np.array_equal(
        tables.vectors_of(tables.taken(read, np.array([5, 19]))), vectors[[14, 0]]
    )


def test_codes_number_values_across_chunks() -> None:
    column = pa.chunked_array([["b", "a"], ["a", None, "c"], pa.array([], pa.string())])
    assert chunks.codes_of(column).tolist() == [0, 1, 1, -1, 2]
    assert chunks.coded(column)[1] == ["b", "a", "c"]
    codes, values = chunks.coded(pa.chunked_array([], pa.string()))
    assert codes.tolist() == values == []
