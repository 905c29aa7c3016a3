"""Keyed tables: a partition is read by itself, and bytes of an item stay what they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.core import keyed_tables, tables
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.ranged import RangedFile
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.sample.schemas import CHOSEN_PAIRS
from tests.s3 import faults

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]


def stored(root: Path, table: pa.Table, name: str = "keyed") -> tuple[Storage, ObjectRef]:
    tables.write_table(table, root / f"local-{name}")
    storage = Storage.at(str(root))
    return storage, storage.upload(root / f"local-{name}", name)


def read(storage: Storage, ref: ObjectRef, partition: int, *columns: str) -> pa.Table:
    pieces = keyed_tables.pieces_of(storage, ref, partition, list(columns) or None)
    return pa.concat_tables(pieces)


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(0, 9), max_size=60),
    least=st.sampled_from([1, 20, 100, 1 << 14]),
    most_rows=st.sampled_from([1, 4, 20_000]),
)
def test_a_partition_comes_back_in_order(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], least: int, most_rows: int
) -> None:
    root = tmp_path_factory.mktemp("keyed")
    columns = {"partition": pa.array(numbers, pa.int32()), "row": pa.array(range(len(numbers)))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyed_tables, "LEAST_BYTES", least)
        patch.setattr(keyed_tables, "MOST_ROWS", most_rows)
        storage, ref = stored(root, pa.table(columns))
    for partition in range(11):
        expected = [row for row, number in enumerate(numbers) if number == partition]
        assert read(storage, ref, partition)["row"].to_pylist() == expected
        part = read(storage, ref, partition, "row")
        assert part.column_names == ["row"] and part["row"].to_pylist() == expected


def test_small_partitions_share_a_row_group_and_large_ones_are_cut(tmp_path: Path) -> None:
    numbers = np.repeat(np.arange(1_003, dtype=np.int32), [2] * 1_000 + [45_000, 1, 1])
    table = pa.table({"partition": numbers, "row": np.arange(len(numbers))})
    tables.write_table(table, tmp_path / "keyed")
    metadata = pq.read_metadata(tmp_path / "keyed")
    rows = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
    assert rows == [2_000, 20_000, 20_000, 5_000, 2]


def pairs(partitions: int, count: int = 2_000) -> pa.Table:
    columns = {
        field.name: [f"{field.name} {n % 300}" for n in range(count)]
        if pa.types.is_string(field.type)
        else pa.nulls(count, field.type)
        for field in CHOSEN_PAIRS
    }
    numbers = np.random.default_rng(0).integers(0, partitions, count).astype(np.int32)
    return tables.build(CHOSEN_PAIRS, columns | {"partition": numbers})


def test_bytes_of_an_item_do_not_grow_with_the_partitions(tmp_path: Path) -> None:
    """A row group for each of 1,000 partitions made 6.6 MB of 2,000 pairs."""
    sizes = {}
    for partitions in (10, 1_000, 100_000):
        tables.write_table(pairs(partitions), tmp_path / "pairs")
        sizes[partitions] = (tmp_path / "pairs").stat().st_size
    assert sizes[10] <= sizes[1_000] <= sizes[100_000] < 1.2 * sizes[10]


def test_a_small_partition_does_not_hold_on_to_its_row_group(tmp_path: Path) -> None:
    """Readers hold a piece of every shard: slices of row groups would be many times their rows."""
    storage, ref = stored(tmp_path, pairs(100))
    groups = pq.read_metadata(tmp_path / "keyed")
    assert groups.num_row_groups < 20
    held = sum(read(storage, ref, number).get_total_buffer_size() for number in range(100))
    assert held < 2 * pairs(100).nbytes


def test_only_texts_of_the_partition_are_spelt_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, ref = stored(tmp_path, pairs(100))
    texts = {field.name for field in CHOSEN_PAIRS if field.type == pa.string()}
    spelt_out, plain = [], keyed_tables.plain

    def noted(table: pa.Table) -> pa.Table:
        kinds = {pa.types.is_dictionary(f.type) for f in table.schema if f.name in texts}
        assert kinds == {True}
        spelt_out.append(table.num_rows)
        return plain(table)

    monkeypatch.setattr(keyed_tables, "plain", noted)
    parts = [read(storage, ref, number) for number in range(100)]
    assert {part.schema for part in parts} == {pq.read_schema(tmp_path / "keyed")}
    assert sum(part.num_rows for part in parts) == 2_000
    assert sum(spelt_out) == 2_000


def test_nothing_is_done_for_partitions_without_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    table = keyed_tables.by_partition(pairs(2_000_000_000))
    assert len(list(keyed_tables.slices(table))) < 50


def test_damage_is_told_of_the_object_that_is_read(tmp_path: Path) -> None:
    storage, ref = stored(tmp_path, pairs(10))
    data = bytearray((tmp_path / "keyed").read_bytes())
    data[40] ^= 0xFF
    (tmp_path / "keyed").write_bytes(data)
    with pytest.raises(DamagedObject, match="keyed"):
        read(storage, ref, 0)


def test_an_object_of_another_size_is_damaged(tmp_path: Path) -> None:
    storage, ref = stored(tmp_path, pairs(10, 500))
    (tmp_path / "keyed").write_bytes((tmp_path / "keyed").read_bytes()[:-1])
    with pytest.raises(DamagedObject, match="expected"):
        read(storage, ref, 0)


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """First byte and length of what is asked of objects, all of which count as large."""
    asked: list[tuple[int, int]] = []

    def ranged(_: Storage, path: str, size: int) -> RangedFile:
        def fetch(start: int, length: int) -> bytes:
            asked.append((start, length))
            return (tmp_path / path).read_bytes()[start : start + length]

        return RangedFile(size, fetch)

    monkeypatch.setattr(keyed_tables, "WHOLE", 0)
    monkeypatch.setattr("realsyn_tasks.core.ranged.WHOLE", 0)
    monkeypatch.setattr("realsyn_tasks.core.arrow_files.opened", ranged)
    return asked


def rows_of(numbers: np.ndarray, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    return pa.table({"partition": numbers.astype(np.int32), "row": random.random(len(numbers))})


def test_a_row_group_is_one_request_and_a_footer_another(
    tmp_path: Path, fetched: list[tuple[int, int]]
) -> None:
    storage, ref = stored(tmp_path, rows_of(np.repeat(np.arange(20), 20_000), seed=0))
    assert read(storage, ref, 7).num_rows == 20_000
    footer = keyed_tables.FOOTER_BYTES
    assert fetched[0] == (ref.size - footer, footer) and len(fetched) == 2
    assert fetched[1][1] < ref.size / 15
    assert read(storage, ref, 8).num_rows == 20_000
    assert len(fetched) == 3


def test_row_groups_of_a_partition_come_together_up_to_a_bound(
    tmp_path: Path, fetched: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = rows_of(np.repeat(np.arange(3), [30_000, 100_000, 30_000]), seed=1)
    storage, ref = stored(tmp_path, table)
    expected = table.slice(30_000, 100_000)
    assert read(storage, ref, 1).equals(expected)
    [_, (_, everything)] = fetched
    for most, requests in ((everything, 1), (everything // 2, 3), (1, 5)):
        monkeypatch.setattr(keyed_tables, "TOGETHER", most)
        fetched.clear()
        assert read(storage, ref, 1).equals(expected)
        lengths = [length for _, length in fetched]
        assert len(lengths) == requests and sum(lengths) == everything
        assert max(lengths) <= max(most, everything // 4)


@pytest.mark.usefixtures("hasty")
def test_a_copy_of_an_object_on_s3_is_one_request_and_whole(s3: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "local").write_bytes(bytes(range(256)) * 50)
    storage = Storage.at(s3.root)
    ref = storage.upload(tmp_path / "local", "folder/object")
    before = len(s3.proxy.log.requests)
    copy = storage.local(ref, tmp_path)
    assert copy.read_bytes() == (tmp_path / "local").read_bytes()
    assert s3.proxy.log.counts(before) == {"HEAD": 1, "GET": 1}
    s3.proxy.fault = faults.first(1, faults.any_of("GET"), faults.truncate_answer)
    assert storage.local(ref, tmp_path).stat().st_size == ref.size
    s3.proxy.fault = None
    s3.overwrite("folder/object", bytes(ref.size))
    with pytest.raises(DamagedObject, match="checksum"):
        storage.local(ref, tmp_path)
    s3.overwrite("folder/object", b"short")
    with pytest.raises(DamagedObject, match="expected"):
        storage.local(ref, tmp_path)
