"""Connected components by rounds over files are those of a union-find; memory is a few blocks."""

from __future__ import annotations

import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.vectors import components
from realsyn_tasks.vectors.components import Numbers, Spill, files_for, solve

Links = list[tuple[int, int]]


def union_find(links: Links) -> dict[int, int]:
    """The smallest node of each linked node's component."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for a, b in links:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return {node: root(node) for node in parent}


def solved(links: Links, files: int, parts: int = 1) -> tuple[dict[int, int], int]:
    """What `solve` makes of links, in small blocks; the smallest of a component left out."""
    rows = np.array(links, dtype=np.uint64).reshape(-1, 2)
    with tempfile.TemporaryDirectory() as scratch:
        stars, rounds = solve(np.array_split(rows, parts), Path(scratch), files)
        pairs = [(int(a), int(b)) for block in stars.everything() for a, b in block]
        stars.drop()
        assert list(Path(scratch).iterdir()) == []
    assert len(dict(pairs)) == len(pairs), "a node has two rows"
    return dict(pairs), rounds


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "BLOCK", 16)
    monkeypatch.setattr(components, "IN_MEMORY", 4)


def hung(links: Links) -> dict[int, int]:
    return {node: root for node, root in union_find(links).items() if node != root}


@settings(max_examples=150, deadline=None)
@given(
    links=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=70),
    high=st.sampled_from([0, 1 << 63]),
    files=st.integers(1, 9),
    parts=st.integers(1, 4),
)
def test_components_are_those_of_union_find(
    links: Links, high: int, files: int, parts: int
) -> None:
    moved = [(a + high, b + high) for a, b in links]
    assert solved(moved, files, parts)[0] == hung(moved)


def test_neither_order_nor_files_nor_repeats_matter() -> None:
    random = np.random.default_rng(3)
    links: Links = [(int(a), int(b)) for a, b in random.integers(0, 400, (350, 2))]
    expected = hung(links)
    turned = [(b, a) for a, b in links[::-1]]
    assert solved(links, 1)[0] == solved(turned, 7, 5)[0] == solved(links * 3, 4)[0] == expected


@pytest.mark.parametrize("shuffled", [True, False])
def test_a_long_path_takes_few_rounds(shuffled: bool) -> None:
    nodes = np.random.default_rng(0).permutation(600) if shuffled else np.arange(600)
    links: Links = list(zip(nodes[:-1].tolist(), nodes[1:].tolist(), strict=True))
    found, rounds = solved(links, 5)
    assert found == dict.fromkeys(range(1, 600), 0)
    assert 4 <= rounds <= 14


def peak_of_a_hub(count: int, scratch: Path) -> int:
    """Bytes held at most while all links are those of one node, the largest of all."""

    def links() -> Iterator[Numbers]:
        for start in range(0, count, 4096):
            others = np.arange(start, start + 4096, dtype=np.uint64)
            yield np.stack([np.full(4096, 1 << 40, dtype=np.uint64), others], axis=1)

    tracemalloc.start()
    stars, _ = solve(links(), scratch, files_for(count))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert stars.rows == count  # all but the smallest hang under it
    assert all((block[:, 1] == 0).all() for block in stars.everything())
    return peak


def test_memory_is_flat_where_one_node_has_all_links(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its smallest neighbour alone is held."""
    monkeypatch.setattr(components, "BLOCK", 1 << 13)
    peaks = [peak_of_a_hub(count, tmp_path / str(count)) for count in (1 << 15, 1 << 17)]
    assert peaks[1] <= 1.3 * peaks[0]


def test_rows_of_one_number_come_back_from_one_file(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "rows", 2, 3)
    rows = np.stack([np.arange(100, dtype=np.uint64) % 10, np.arange(100, dtype=np.uint64)], axis=1)
    for part in np.array_split(rows, 7):
        spill.add(part)
    files = [spill.whole(file) for file in range(3)]
    assert sorted(map(tuple, np.concatenate(files).tolist())) == sorted(map(tuple, rows.tolist()))
    numbers = [set(file[:, 0].tolist()) for file in files]
    assert not numbers[0] & numbers[1] and not numbers[1] & numbers[2]
    assert max(len(block) for block in spill.blocks(0)) <= components.BLOCK


@pytest.mark.parametrize("count", [10, 100])
def test_rows_of_a_file_give_way_to_others(count: int, tmp_path: Path) -> None:
    """Whether they wait in memory or on the disk."""
    spill = Spill(tmp_path / "rows", 2, 3)
    rows = np.arange(2 * count, dtype=np.uint64).reshape(-1, 2)
    spill.add(rows)
    before = [spill.whole(file) for file in range(3)]
    spill.replace(1, before[1][::2])
    spill.add(before[1][1::2])
    assert [len(spill.whole(file)) for file in range(3)] == [len(part) for part in before]
    assert spill.whole(1).tolist() == [*before[1][::2].tolist(), *before[1][1::2].tolist()]
    assert spill.rows == count
    spill.drop()
    assert not spill.rows and not list(tmp_path.iterdir())


@pytest.mark.parametrize(("files", "blocks"), [(3, 1), (1024, 2), (components.MOST_FILES, 4)])
def test_the_more_files_the_more_rows_are_appended_at_once(
    files: int, blocks: int, tmp_path: Path
) -> None:
    """A block over 2,048 files is a hundred rows for each, and to open it takes as long."""
    spill = Spill(tmp_path / "rows", 2, files)
    rows = np.arange(2 * components.BLOCK, dtype=np.uint64).reshape(-1, 2)
    for number in range(blocks):
        assert not list(tmp_path.iterdir()), f"{number} blocks wait in memory"
        spill.add(rows)
    assert list(tmp_path.iterdir())
    assert sum(len(block) for block in spill.everything()) == spill.rows == blocks * len(rows)
