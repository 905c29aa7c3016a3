"""Groups of linked items: exact, the same however the work is cut, and never held as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.declaration import ONE, Reading
from realsyn_tasks.core.stage import Piece
from realsyn_tasks.extract import (
    choose_representatives,
    fit_neighbourhoods,
    group_neighbours,
    link_neighbours,
    schemas,
)
from realsyn_tasks.extract.group import GROUP, NEIGHBOURHOODS
from realsyn_tasks.extract.group_neighbours import GROUPS, groups_of
from realsyn_tasks.extract.neighbours import IMAGES, SENTENCES
from realsyn_tasks.extract.places import places_of
from realsyn_tasks.kinds import CRAWL
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.vectors import components
from realsyn_tasks.vectors.duplicates import representatives_by_portion
from tests.extract.worlds import DIM, World, crawl_tables, dedup, random_world, split, unit
from tests.support import FakeInputs, context

SHARDS = 3
PLACES = np.concatenate([places_of(shard, 20) for shard in range(SHARDS)])


@dataclass
class Watched(FakeInputs):
    """Inputs that note which columns are read."""

    columns: set[str] = field(default_factory=set)

    def stream(
        self, stage: str, name: str, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        for shard, table in super().stream(stage, name, columns):
            self.columns |= set(table.column_names)
            yield shard, table


@dataclass
class Counted(FakeInputs):
    """Inputs that count the vectors which are read."""

    vectors: int = 0

    def pieces(self, stage: str, name: str) -> list[Piece]:
        return [Piece(p.rows, partial(self._read, p)) for p in super().pieces(stage, name)]

    def _read(self, piece: Piece, columns: list[str] | None) -> pa.Table:
        self.vectors += piece.rows if not columns or "embedding" in columns else 0
        return piece.read(columns)


def link(a: int, b: int, reason: str) -> dict[str, object]:
    ends = {"a": f"i{a}", "b": f"i{b}", "a_place": int(PLACES[a]), "b_place": int(PLACES[b])}
    return {**ends, "kind": "sentence", "reason": reason, "older": False, "cosine": None}


def inputs_of(links: list[dict[str, object]], copies: list[tuple[int, int]], cut: int) -> Watched:
    columns = {
        "kind": ["sentence"] * len(copies),
        "place": PLACES[[place for place, _ in copies]] if copies else [],
        "first": PLACES[[first for _, first in copies]] if copies else [],
    }
    parts = [tables.from_rows(schemas.LINKS, links[n::cut]) for n in range(cut)]
    made = {("link_neighbours", "links"): parts}
    made["link_neighbours", "copies"] = [tables.build(schemas.COPIES, columns)]
    return Watched(made)


def grouped(inputs: FakeInputs, scratch: Path) -> dict[str, np.ndarray]:
    """The rows of all shards as (n,) columns."""
    scratch.mkdir()
    here = context(scratch, axes={CRAWL.axis: SHARDS, NEIGHBOURHOODS: 1})
    output = group_neighbours.run(inputs, group_neighbours.Config(), here)
    made = {("group_neighbours", "spans"): [output.tables["spans"]]}
    blobs = {("group_neighbours", name): path.read_bytes() for name, path in output.blobs.items()}
    reader = FakeInputs(made, blobs)
    assert len(groups_of(reader, IMAGES, 0)) == 0
    rows = np.concatenate([groups_of(reader, SENTENCES, shard) for shard in range(SHARDS)])
    assert rows.dtype == GROUPS
    return {name: rows[name].copy() for name in GROUPS.names or ()}


def test_groups_are_told_by_the_weakest_link_that_is_needed(tmp_path: Path) -> None:
    links = [
        link(0, 5, "exact_duplicate"),
        link(5, 21, "semantic_duplicate"),
        link(21, 45, "exact_duplicate"),
        link(7, 8, "semantic_duplicate"),
    ]
    rows = grouped(inputs_of(links, [(50, 45), (31, 30)], 2), tmp_path / "groups")
    named = {int(place): number for number, place in enumerate(PLACES)}
    told = {
        named[int(place)]: [named[int(n)] for n in numbers] + [bool(tied)]
        for place, *numbers, tied in zip(*rows.values(), strict=True)
    }
    assert told == {
        0: [0, 0, 0, True],
        5: [5, 0, 0, True],
        21: [21, 21, 0, True],
        45: [45, 21, 0, True],
        50: [45, 21, 0, True],  # a copy: first, strict, group
        7: [7, 7, 7, True],
        8: [8, 8, 7, True],
        30: [30, 30, 30, False],  # it and its copy alone
        31: [30, 30, 30, False],
    }
    assert rows["place"].tolist() == sorted(rows["place"].tolist())


@pytest.mark.parametrize("seed", range(4))
def test_how_links_are_cut_and_held_changes_no_byte(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(seed)
    reasons = ["exact_duplicate", "semantic_duplicate"]
    links = [
        link(int(min(a, b)), int(max(a, b)), reasons[int(random.integers(2))])
        for a, b in random.integers(0, len(PLACES), (40, 2))
        if a != b
    ]
    copies = [(59, 3), (40, 3), (58, 22)]
    whole = grouped(inputs_of(links, copies, 1), tmp_path / "whole")
    monkeypatch.setattr(components, "BLOCK", 8)
    monkeypatch.setattr(components, "IN_MEMORY", 2)
    parted = grouped(inputs_of(links[::-1], copies * 2, 7), tmp_path / "parted")
    for name, column in whole.items():
        assert column.tolist() == parted[name].tolist(), name


def test_grouping_reads_numbers_alone(tmp_path: Path) -> None:
    inputs = inputs_of([link(0, 1, "exact_duplicate")], [(3, 2)], 2)
    grouped(inputs, tmp_path / "groups")
    few = {"kind", "reason", "older", "a_place", "b_place", "place", "first"}
    assert inputs.columns == few


def test_no_fit_reads_what_grows_with_the_crawl_but_by_pieces() -> None:
    """Vectors reach a stage of one shard as pieces alone, of which it reads a bounded number."""
    fits = {stage.name for stage in GROUP.stages if stage.axis == ONE}
    assert fits == {"locate_images", "count_words", "fit_neighbourhoods", "group_neighbours"}
    assert PIPELINE.stage("locate_images").reads == ("crawl", "parse")
    assert PIPELINE.stage("group_neighbours").reads == ("link_neighbours",)
    for name in ("describe_images", "dedup_images", "dedup_sentences"):
        stage = PIPELINE.stage(name)
        assert PIPELINE.reading(stage, "choose_representatives") is Reading.GATHER


def test_a_shard_learns_of_its_own_items_alone(tmp_path: Path) -> None:
    world = random_world(5)
    for partitions in (1, 7):
        dedup(split(world, SHARDS), tmp_path, partitions=partitions)
    one, seven = (
        dedup(split(world, SHARDS), tmp_path, partitions=partitions).corpus for partitions in (1, 7)
    )
    for name, shards in one.items():
        assert all(a.equals(b) for a, b in zip(shards, seven[name], strict=True))


def test_a_group_larger_than_memory_keeps_the_same_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a group with more members than are held at once, to the byte as when all are held."""
    random = np.random.default_rng(1)
    world = World()
    centre = random.normal(size=DIM)
    for number in range(300):
        vector = unit(centre + 0.1 * random.normal(size=DIM))
        world.image(f"i{number:03d}", vector, int(random.integers(1 << 63)))
    held = dedup(split(world, SHARDS), tmp_path)
    small = partial(representatives_by_portion, block=16)
    monkeypatch.setattr(choose_representatives, "representatives_by_portion", small)
    read = dedup(split(world, SHARDS), tmp_path, partitions=5)
    assert len(held.kept["images"]) == 1
    assert read.kept == held.kept
    assert sorted(map(str, read.dropped)) == sorted(map(str, held.dropped))


def test_each_of_many_alike_pictures_is_linked_to_one_older_picture(tmp_path: Path) -> None:
    """Blank pictures: not each new one to each old one."""
    old, new = (
        tables.build(
            schemas.HASHED,
            {
                "partition": [0] * 200,
                "id": [f"{side}{number:03d}" for number in range(200)],
                "place": places_of(0, 200),
                "phash": np.full(200, value, dtype=np.uint64),
            },
        )
        for side, value in (("old", 0b111), ("new", 0b1))
    )
    inputs = FakeInputs({("key_neighbours", "hashes"): [new], ("key_corpus", "hashes"): [old]})
    here = context(tmp_path, axes={NEIGHBOURHOODS: 1})
    output = link_neighbours.run(inputs, link_neighbours.Config(), here)
    older = output.tables["older"]
    assert older.num_rows == 200
    assert set(older["kept_id"].to_pylist()) == {"old000"}
    assert output.tables["links"].num_rows == 199 + 200


def test_sections_of_a_large_neighbourhood_find_nearly_all_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = random_world(6, count=800)
    exact = dedup([world], tmp_path)
    monkeypatch.setattr(link_neighbours, "LARGE", 64)
    monkeypatch.setattr(link_neighbours, "PER_SECTION", 40)
    rows = np.array([row["embedding"] for row in world.images])
    parts = list(link_neighbours.sections(rows, rows[:9]))
    assert max(len(mine) for mine, _ in parts) < 800 / 2
    assert set(np.concatenate([mine for mine, _ in parts]).tolist()) == set(range(800))
    found = dedup([world], tmp_path)
    assert len(found.dropped) >= 0.99 * len(exact.dropped)


def test_pivots_grow_with_the_items() -> None:
    config = fit_neighbourhoods.Config()
    wanted = [fit_neighbourhoods._wanted(count, config) for count in (1999, 400_000, 50_000_000)]
    assert wanted == [1, 200, 25_000]


def test_a_fit_reads_a_bounded_number_of_vectors(tmp_path: Path) -> None:
    shards = split(random_world(2, count=400), 8)
    config = fit_neighbourhoods.Config(per_pivot=10, sample_per_pivot=5, max_read=100)
    inputs = Counted(crawl_tables(shards))
    output = fit_neighbourhoods.run(inputs, config, context(tmp_path))
    assert output.measures["image_pivots"] == 40.0  # as of all items
    assert 200 <= inputs.vectors < 2 * (100 + 70)
