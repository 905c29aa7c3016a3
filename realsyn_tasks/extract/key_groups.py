"""Send the crawl's grouped items to where it is decided who of a group stays (paper §3.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.core.chunks import taken_column
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.group import NEIGHBOURHOODS
from realsyn_tasks.extract.group_neighbours import GROUPS, groups_of
from realsyn_tasks.extract.links import nearest
from realsyn_tasks.extract.neighbours import KINDS, Kind
from realsyn_tasks.extract.places import Places, rows_of

Groups = NDArray[np.void]  # of GROUPS


class Config(StageConfig):
    """Nothing to choose."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Key what is linked by its group: numbers and ids of all, vectors of those to choose among.

    These are in a group with others, at their first place, and not too near to older items.
    """
    items, vectors = [], []
    for kind in KINDS:
        older = _older(inputs, kind)
        groups = _with_older(groups_of(inputs, kind, context.shard), older["place"].to_numpy())
        partitions = _partitions(groups["group"], context.axes[NEIGHBOURHOODS])
        stored = inputs.table(kind.vectors, "vectors")
        items.append(_items(kind, stored[kind.id], groups, older, partitions))
        is_older = np.isin(groups["place"], older["place"].to_numpy())
        compared = (groups["tied"] > 0) & (groups["first"] == groups["place"]) & ~is_older
        vectors.append(_vectors(kind, stored, groups["place"][compared], partitions[compared]))
    return Output(tables={"items": pa.concat_tables(items), "vectors": pa.concat_tables(vectors)})


def _older(inputs: Inputs, kind: Kind) -> pa.Table:
    """Read what this shard's items are too near to; the nearest of each."""
    pieces = (part for _, part in inputs.stream("link_neighbours", "older"))
    older = pa.concat_tables([schemas.OLDER.empty_table(), *pieces])
    return nearest(older.filter(pc.equal(older["kind"], kind.name)))


def _with_older(groups: Groups, older: Places) -> Groups:
    """Add a group of its own for each place that is linked to older items alone; by place."""
    alone = np.setdiff1d(older, groups["place"])
    more = np.zeros(len(alone), dtype=GROUPS)
    for name in ("place", "first", "strict", "group"):
        more[name] = alone
    both = np.concatenate([groups, more])
    in_order: Groups = both[np.argsort(both["place"])]
    return in_order


def _partitions(groups: Places, partitions: int) -> NDArray[np.int32]:
    mixed = (groups ^ (groups >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    where: NDArray[np.int32] = ((mixed >> np.uint64(32)) % np.uint64(partitions)).astype(np.int32)
    return where


def _items(
    kind: Kind, ids: pa.ChunkedArray, groups: Groups, older: pa.Table, partitions: NDArray[Any]
) -> pa.Table:
    near = pc.index_in(pa.array(groups["place"]), value_set=older["place"])
    columns = {
        tables.PARTITION: partitions,
        "kind": np.repeat(kind.name, len(groups)),
        "id": taken_column(ids, rows_of(groups["place"])),
        "older_id": taken_column(older["kept_id"], near),
        "older_cosine": taken_column(older["cosine"], near),
        **{name: groups[name] for name in ("group", "strict", "first", "place")},
    }
    return tables.build(schemas.GROUPED, columns, [tables.PARTITION, "group", "place"])


def _vectors(
    kind: Kind, stored: pa.Table, places: Places, partitions: NDArray[np.int32]
) -> pa.Table:
    order = np.lexsort((places, partitions))
    places, partitions = places[order], partitions[order]
    if not len(places):
        return schemas.GROUPED_VECTORS.empty_table()
    columns = {
        tables.PARTITION: partitions,
        "kind": np.repeat(kind.name, len(places)),
        "place": places,
        "embedding": tables.vectors_of(stored)[rows_of(places)],
    }
    return tables.build(schemas.GROUPED_VECTORS, columns)
