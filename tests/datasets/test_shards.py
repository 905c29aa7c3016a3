from __future__ import annotations

import pytest

from realsyn_tasks.datasets.manifest import DamagedDataset
from realsyn_tasks.datasets.shards import read_table, rows, samples, shards
from tests.datasets.conftest import Standing
from tests.datasets.damages import DAMAGES, TABLE, TAR


def test_tables_and_tars_hold_the_same_pairs(standing: Standing) -> None:
    every = shards(standing.version)
    keys = [key for table in rows(standing.version, ["key"]) for key in table["key"].to_pylist()]
    tars = [sample for shard in every for sample in samples(standing.version, shard.tar.path)]
    assert [key for key, _ in tars] == keys
    assert len(keys) == standing.version.manifest.pairs
    assert {len(sample) for _, sample in tars} == {3}


def test_columns_that_a_table_lacks_are_left_out(standing: Standing) -> None:
    table = read_table(standing.version, TABLE, ["key", "of another version", "text1"])
    assert table.column_names == ["key", "text1"]


@pytest.mark.parametrize("damage", ["deleted", "cut", "emptied", "nulled"])
def test_a_damaged_table_is_told_by_name(standing: Standing, damage: str) -> None:
    DAMAGES[damage](standing.folder / TABLE)
    with pytest.raises(DamagedDataset, match=f"{TABLE} is .*; promote its build again"):
        list(rows(standing.version))


@pytest.mark.parametrize("damage", ["deleted", "halved"])
def test_a_damaged_tar_is_told_by_name(standing: Standing, damage: str) -> None:
    path = standing.folder / TAR
    if damage == "halved":
        path.write_bytes(path.read_bytes()[:700])
    else:
        DAMAGES[damage](path)
    with pytest.raises(DamagedDataset, match=f"{TAR} is .*; promote its build again"):
        list(samples(standing.version, TAR))
