"""Pairs and scores of each domain and licence, summed up over shards.

Shards name thousands of them each, so the tables are added up some at a time. Sums are made in the
order of the shards, whatever is added up at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.analyze import schemas
from realsyn_tasks.core import chunks

AT_ONCE = 1 << 19  # rows that wait to be added up
MOST_KEPT = 1 << 20  # names of a kind
NUMBERS = ("pairs", "score", "scored", "synthetic_score", "synthetic_scored")


def summed(shards: Iterable[pa.Table]) -> pa.Table:
    """Add up the tables of shards by kind and name, in order of first appearance.

    Memory: of AT_ONCE rows and MOST_KEPT names of each kind. Beyond that, names of few pairs are
    let go, half of them: what they have so far then counts among the others, which have no name.
    """
    known, waiting, rows = schemas.SOURCE_SUMS.empty_table(), list[pa.Table](), 0
    for table in shards:
        waiting.append(table)
        rows += table.num_rows
        if rows > AT_ONCE:
            known, waiting, rows = _bounded(_added([known, *waiting])), [], 0
    return _bounded(_added([known, *waiting]))


def _added(tables: list[pa.Table]) -> pa.Table:
    """Add rows up, one after the other: what is known already comes first."""
    grouped = pa.concat_tables(tables).group_by(["kind", "name"], use_threads=False)
    made = grouped.aggregate([(name, "sum") for name in NUMBERS])
    columns = [made["kind"], made["name"], *(made[f"{name}_sum"] for name in NUMBERS)]
    return pa.Table.from_arrays(columns, schema=schemas.SOURCE_SUMS)


def _bounded(known: pa.Table) -> pa.Table:
    small = np.zeros(known.num_rows, dtype=bool)
    for kind in pc.unique(known["kind"]).to_pylist():
        mine = np.flatnonzero(_named(known, kind))
        if len(mine) > MOST_KEPT:
            pairs = known["pairs"].to_numpy()[mine]
            small[mine] = pairs <= np.partition(pairs, -(MOST_KEPT // 2))[-(MOST_KEPT // 2)]
    if not small.any():
        return known
    names = pc.if_else(pa.array(small), pa.scalar(None, pa.string()), known["name"])
    return _added([known.set_column(1, "name", names)])


def _named(known: pa.Table, kind: str) -> NDArray[np.bool_]:
    mine: NDArray[np.bool_] = pc.and_(
        pc.equal(known["kind"], kind), pc.is_valid(known["name"])
    ).to_numpy()
    return mine


def rows_of(known: pa.Table, kind: str, most: int) -> Iterator[tuple[str | None, list[float]]]:
    """Give the NUMBERS of the names of the most pairs, then under no name those of all others."""
    mine = known.filter(pc.equal(known["kind"], kind))
    named = chunks.ordered(
        mine.filter(pc.is_valid(mine["name"])), [("pairs", "descending"), "name"]
    )
    sums = _numbers(named)
    yield from zip(named["name"][:most].to_pylist(), sums[:most].tolist(), strict=True)
    others = np.concatenate([sums[most:], _numbers(mine.filter(pc.is_null(mine["name"])))])
    if len(others):
        yield None, others.sum(axis=0).tolist()


def _numbers(table: pa.Table) -> NDArray[np.float64]:
    return np.stack([table[name].to_numpy().astype(np.float64) for name in NUMBERS], axis=1)
