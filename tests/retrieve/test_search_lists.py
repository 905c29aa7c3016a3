"""The search of a partition: what is held at a time, and what an earlier build has found."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core.stage import Earlier
from realsyn_tasks.retrieve import schemas, search_lists, stored
from realsyn_tasks.vectors.search import TopK
from tests.retrieve.worlds import filled, unit
from tests.support import FakeInputs, context, whole

SHARDS, IMAGES, SENTENCES, LISTS, DIM, BLOCK = 5, 9, 20, 4, 8, 4
READS = {"sentences": "assign_sentences", "probes": "probe_images"}


@dataclass
class Partition(FakeInputs):
    """The lists of a partition and the images that visit them, of the first shards of a corpus."""

    earlier: Earlier | None = None

    def grown_from(self) -> Earlier | None:
        return self.earlier


def sentences(shard: int, rng: np.random.Generator) -> pa.Table:
    names = ["of all", *(f"{shard} {n:02d}" for n in range(1, SENTENCES))]
    return filled(
        schemas.KEYED_SENTENCES,
        SENTENCES,
        partition=[0] * SENTENCES,
        shard=[shard] * SENTENCES,
        list_id=[0, *rng.integers(LISTS, size=SENTENCES - 1)],
        sentence_id=names,
        text=[f"{name} in {shard}" for name in names],
        embedding=unit(np.round(rng.normal(size=(SENTENCES, DIM))) + 0.1),
    )


def probes(shard: int, rng: np.random.Generator) -> pa.Table:
    return filled(
        schemas.PROBES,
        IMAGES,
        partition=[0] * IMAGES,
        image_id=[f"{number:02d}-{shard}" for number in rng.permutation(IMAGES)],
        shard=[shard] * IMAGES,
        lists=[rng.permutation(LISTS)[: 1 + n % LISTS] for n in range(IMAGES)],
        embedding=unit(np.round(rng.normal(size=(IMAGES, DIM))) + 0.1),
    )


def partition(shards: int, earlier: Earlier | None = None) -> Partition:
    inputs = Partition(earlier=earlier)
    for name, make in (("sentences", sentences), ("probes", probes)):
        tables = [make(shard, np.random.default_rng(shard)) for shard in range(shards)]
        inputs.tables[READS[name], name] = tables
    return inputs


def searched(inputs: Partition, folder: Path, **settings: Any) -> tuple[dict[str, pa.Table], float]:
    """Search; give the tables, and how many pairs were scored."""
    folder.mkdir()
    config = search_lists.Config(candidates=4, hub_images=3, **settings)
    output = search_lists.run(inputs, config, context(folder))
    made = {name: whole(table) for name, table in output.tables.items()}
    return made, output.cost["scored_pairs"]


@pytest.fixture
def in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (stored, search_lists):
        monkeypatch.setattr(module, "IMAGES_AT_ONCE", BLOCK)
    monkeypatch.setattr(stored, "BATCH_ROWS", 2)


@pytest.mark.parametrize("known", [0, 2, SHARDS])
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_an_earlier_build_and_blocks_of_images_make_no_difference(
    penalty: float, known: int, tmp_path: Path, in_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = None
    if known:
        first, _ = searched(partition(known), tmp_path / "first", hub_penalty=penalty)
        earlier = Earlier(known, first)
    grown, pairs = searched(partition(SHARDS, earlier), tmp_path / "grown", hub_penalty=penalty)
    monkeypatch.undo()
    anew, of_all = searched(partition(SHARDS), tmp_path / "anew", hub_penalty=penalty)
    assert grown["candidates"].equals(anew["candidates"])
    assert grown["nearest"].equals(anew["nearest"])
    assert grown["candidates"].num_rows > 2 * SHARDS * IMAGES
    assert (grown["nearest"].num_rows > 0) == bool(penalty)
    assert (pairs == 0) == (known == SHARDS) and (pairs < of_all) == bool(known)


def test_the_best_sentences_of_one_block_of_images_are_held_at_a_time(
    tmp_path: Path, in_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = searched(partition(2), tmp_path / "first")
    held, begin = [], TopK.__init__

    def noted(best: TopK, queries: int, k: int) -> None:
        held.append(queries)
        begin(best, queries, k)

    monkeypatch.setattr(TopK, "__init__", noted)
    searched(partition(SHARDS, Earlier(2, first)), tmp_path / "grown")
    assert max(held) == BLOCK


def test_what_an_earlier_build_found_is_not_held_while_images_are_read(tmp_path: Path) -> None:
    first, _ = searched(partition(2), tmp_path / "first")
    tables = {name: table.slice(0) for name, table in first.items()}
    known, still_there = [weakref.ref(table) for table in tables.values()], []

    class Growing(Partition):
        def grown_from(self) -> Earlier:
            return Earlier(2, {name: tables.pop(name) for name in list(tables)})

        def stream(
            self, stage: str, name: str, columns: list[str] | None = None
        ) -> Iterator[tuple[int, pa.Table]]:
            still_there.append((name, sum(table() is not None for table in known)))
            yield from super().stream(stage, name, columns)

    searched(Growing(partition(SHARDS).tables), tmp_path / "grown")
    assert still_there == [("sentences", 2), ("probes", 0)]


def test_candidates_come_by_shard_image_and_rank(tmp_path: Path, in_blocks: None) -> None:
    inputs = partition(SHARDS)
    made, _ = searched(inputs, tmp_path / "made")
    found = made["candidates"].select(["partition", "image_id", "rank"]).to_pylist()
    keys = [tuple(row.values()) for row in found]
    assert keys == sorted(keys)
    assert {key[:2] for key in keys} == {
        (row["shard"], row["image_id"])
        for piece in inputs.tables["probe_images", "probes"]
        for row in piece.to_pylist()
    }


def test_nothing_is_found_where_no_image_or_no_sentence_is(tmp_path: Path) -> None:
    for name, stage in READS.items():
        inputs, key = partition(2), (stage, name)
        inputs.tables[key] = [piece.slice(0, 0) for piece in inputs.tables[key]]
        folder = tmp_path / name
        folder.mkdir()
        output = search_lists.run(inputs, search_lists.Config(), context(folder))
        assert [whole(table).num_rows for table in output.tables.values()] == [0, 0]
