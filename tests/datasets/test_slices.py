"""Slices cover every shard once, in order, and none has more pairs than it may."""

from __future__ import annotations

import random

import pytest

from realsyn_tasks.core import progress
from realsyn_tasks.datasets import slices
from realsyn_tasks.datasets.manifest import DatasetFile
from realsyn_tasks.datasets.shards import Shard


def made(rows: list[int]) -> list[Shard]:
    tar = DatasetFile(path="a.tar", size=1, sha256="a", rows=None)
    tables = (DatasetFile(path="a.parquet", size=1, sha256="a", rows=count) for count in rows)
    return [Shard(table, tar) for table in tables]


@pytest.mark.parametrize("seed", range(20))
def test_each_shard_behind_those_covered_is_in_one_slice(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    rows = [rng.randrange(30) for _ in range(rng.randrange(1, 40))]
    covered, most = rng.randrange(len(rows)), rng.randrange(1, 60)
    monkeypatch.setattr(slices, "PAIRS", most)
    cut = list(slices.cut(made(rows), covered, anew=False))
    assert [n for some in cut for n in some] == list(range(covered, len(rows)))
    for some in cut:
        held = sum(rows[number] for number in some)
        assert held <= most or len(some) == 1
        assert some.stop == len(rows) or held + rows[some.stop] > most, "none is cut too short"


def test_slices_are_smaller_where_tars_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "PAIRS", 9)
    monkeypatch.setattr(slices, "READ_ANEW", 3)
    every = made([3, 3, 3])
    assert len(list(slices.cut(every, 0, anew=False))) == 1
    assert len(list(slices.cut(every, 0, anew=True))) == 3


def test_a_dataset_of_no_shards_is_one_empty_slice_and_a_covered_one_none() -> None:
    assert list(slices.cut([], 0, anew=True)) == [range(0)]
    assert list(slices.cut(made([1, 1]), 2, anew=True)) == []


def test_what_is_left_is_counted_in_pairs_behind_those_covered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PAUSE", 0)
    counted = slices.countdown("columns", made([10, 2_000, 3_000]), 1)
    counted.add(2_000)
    said = capsys.readouterr().err
    assert said.startswith("columns: 2,000 of 5,000 pairs, ") and " s left" in said
