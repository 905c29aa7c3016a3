"""Group what is linked: the connected components of all links (paper §3.1).

Reads numbers alone, works on the scratch disk in rounds (vectors/components.py), and gives one
file for each kind of item: a row for each place that is linked, shard after shard, so that a shard
reads its own. Memory is a few blocks of rows, whatever the number of links; the disk takes some
100 bytes a link while it works.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract import spans
from realsyn_tasks.extract.link_neighbours import SEMANTIC
from realsyn_tasks.extract.neighbours import KINDS, Kind
from realsyn_tasks.kinds import CRAWL
from realsyn_tasks.vectors.components import Lowest, Numbers, Spill, files_for, solve

GROUPS = np.dtype(
    [
        ("place", "<u8"),
        ("first", "<u8"),  # place of the same id
        ("strict", "<u8"),  # smallest place of those tied without vectors
        ("group", "<u8"),  # smallest place of those tied at all
        ("tied", "u1"),  # whether there is another id in the group
    ]
)
_COLUMNS = ["kind", "reason", "older", "a_place", "b_place"]


class Config(StageConfig):
    """Nothing to choose."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the group of each linked place of the crawl, in files, and where a shard's rows are.

    Measures how many rounds it took: none where the links fit a block of memory.
    """
    output = Output()
    parts = []
    shards = max(1, context.axes[CRAWL.axis])
    for kind in KINDS:
        work = context.scratch / f"{kind.name}-work"
        path = context.scratch / f"{kind.name}_groups.bin"
        rounds, counts = _grouped(inputs, kind, work, path, shards)
        output.blobs[path.stem] = path
        output.measures[f"{kind.name}_rounds"] = float(rounds)
        parts.append(spans.table(kind.name, counts))
    output.tables["spans"] = pa.concat_tables(parts)
    return output


def _grouped(
    inputs: Inputs, kind: Kind, work: Path, path: Path, shards: int
) -> tuple[int, NDArray[np.int64]]:
    """Write the groups of a kind; give the rounds, and how many rows each shard has."""
    strict_links, semantic_links = _read(inputs, kind, work)
    files = files_for(strict_links.rows + semantic_links.rows)
    firsts, copying = solve(_copies(inputs, kind), work / "copies", files)
    strict, tying = solve(_with(firsts, strict_links), work / "strict", files)
    groups, grouping = solve(_with(strict, semantic_links), work / "groups", files)
    by_group = _joined((firsts, strict, groups), work / "by-group")
    tied = _told_tied(by_group, work / "by-shard", shards)
    counts = spans.write(tied, GROUPS, path, shards)
    return copying + tying + grouping, counts


def _read(inputs: Inputs, kind: Kind, work: Path) -> tuple[Spill, Spill]:
    """Copy the links of a kind to the disk: those that need no vectors, and those by vectors."""
    strict, semantic = (Spill(work / name, 2, 1) for name in ("strict-links", "semantic-links"))
    for _, table in inputs.stream("link_neighbours", "links", _COLUMNS):
        wanted = pc.and_(pc.equal(table["kind"], kind.name), pc.invert(table["older"]))
        links = table.filter(wanted)
        near = pc.equal(links["reason"], SEMANTIC)
        strict.add(_pairs(links.filter(pc.invert(near)), "a_place", "b_place"))
        semantic.add(_pairs(links.filter(near), "a_place", "b_place"))
    return strict, semantic


def _copies(inputs: Inputs, kind: Kind) -> Iterator[Numbers]:
    for _, table in inputs.stream("link_neighbours", "copies"):
        yield _pairs(table.filter(pc.equal(table["kind"], kind.name)), "place", "first")


def _pairs(table: pa.Table, a: str, b: str) -> Numbers:
    ends = (table[name].to_numpy().astype(np.uint64) for name in (a, b))
    return np.stack(list(ends), axis=1)


def _with(stars: Spill, links: Spill) -> Iterator[Numbers]:
    yield from stars.everything()
    yield from links.everything()
    links.drop()


def _joined(solved: tuple[Spill, Spill, Spill], folder: Path) -> Spill:
    """Put what was solved side by side: rows (group, place, first, strict), by group."""
    firsts, strict, groups = solved
    by_group = Spill(folder, 4, groups.files)
    nodes = Spill(folder.with_name("nodes"), 2, groups.files)
    for stars in groups.everything():
        nodes.add(stars)
        nodes.add(np.repeat(np.unique(stars[:, 1])[:, None], 2, axis=1))
    for file in range(nodes.files):
        group, first, tie = (Lowest.of(part.blocks(file)) for part in (nodes, firsts, strict))
        places = group.firsts
        by_group.add(
            np.stack([group.least, places, first.beside(places), tie.beside(places)], axis=1)
        )
    for spill in (*solved, nodes):
        spill.drop()
    return by_group


def _told_tied(by_group: Spill, folder: Path, shards: int) -> Spill:
    """Say of each place whether others than its copies are in its group; by shard of the crawl."""
    by_shard = spans.by_shard(folder, 5, by_group.files, shards)
    for file in range(by_group.files):
        tied = np.zeros(0, dtype=np.uint64)
        for rows in by_group.blocks(file):
            others = rows[rows[:, 2] != rows[:, 0]]
            tied = np.union1d(tied, others[:, 0])
        for rows in by_group.blocks(file):
            is_tied = np.isin(rows[:, 0], tied).astype(np.uint64)
            by_shard.add(np.column_stack([rows[:, [1, 2, 3, 0]], is_tied]))
    by_group.drop()
    return by_shard


def groups_of(inputs: Inputs, kind: Kind, shard: int) -> NDArray[np.void]:
    """Read what was found of one shard of the crawl; rows of GROUPS, by place."""
    blob = f"{kind.name}_groups"
    return spans.read(inputs, "group_neighbours", blob, kind.name, GROUPS, shard)
