"""Tables of links between near-duplicates, and of what is nearest of older generations."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.core.chunks import taken_column
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.neighbours import Kind
from realsyn_tasks.extract.places import shards_of

Rows = NDArray[np.int64]


def once(table: pa.Table) -> pa.Table:
    """Sort by id; of rows of the same id the one of the first place stays."""
    table = tables.ordered(table, ["id", "place"])
    return table.filter(pa.array(~repeats(table["id"])))


def repeats(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Say of each element whether it is the one before again."""
    again = np.zeros(len(column), dtype=np.bool_)
    if len(column) > 1:
        again[1:] = pc.equal(column[1:], column[:-1]).to_numpy()
    return again


def stars(kind: Kind, items: pa.Table, labels: Rows, reason: str) -> pa.Table:
    """Link each of a crawl's items to the one whose row its label is."""
    tied = np.flatnonzero(labels != np.arange(len(labels)))
    hubs = labels[tied]
    columns = {
        **_ends(items, hubs, items, tied, reason),
        "kind": np.repeat(kind.name, len(tied)),
        "older": np.zeros(len(tied), dtype=np.bool_),
        "cosine": pa.nulls(len(tied), pa.float32()),
        "b_place": taken_column(items["place"], tied),
    }
    return tables.build(schemas.LINKS, columns)


def to_older(
    kind: Kind,
    ends: tuple[pa.Table, Rows],
    older: tuple[pa.Table, Rows],
    reason: str,
    cosines: NDArray[np.float32] | None = None,
) -> pa.Table:
    """Link rows of a crawl's items to rows of an older generation's."""
    count = len(ends[1])
    columns = {
        **_ends(*ends, *older, reason),
        "kind": np.repeat(kind.name, count),
        "older": np.ones(count, dtype=np.bool_),
        "cosine": pa.nulls(count, pa.float32()) if cosines is None else cosines,
        "b_place": pa.nulls(count, pa.uint64()),
    }
    return tables.build(schemas.LINKS, columns)


def _ends(
    left: pa.Table, rows: Rows, right: pa.Table, others: Rows, reason: str
) -> dict[str, pa.ChunkedArray | NDArray[np.str_]]:
    return {
        "a": taken_column(left["id"], rows),
        "b": taken_column(right["id"], others),
        "reason": np.repeat(reason, len(rows)),
        "a_place": taken_column(left["place"], rows),
    }


def distinct(parts: Iterable[pa.Table]) -> pa.Table:
    """Put links together, each once and in order."""
    everything = pa.concat_tables([schemas.LINKS.empty_table(), *parts])
    names = schemas.LINKS.names
    grouped = everything.group_by(names, use_threads=False).aggregate([]).select(names)
    order = ["kind", "a", "b", "reason", "older", "cosine"]
    return tables.ordered(grouped, order).cast(schemas.LINKS)


def nearest_older(links: pa.Table) -> pa.Table:
    """Choose of each item the older one of the highest cosine, keyed by the shard of the crawl.

    Those linked by looks or letters come first, then ties go to the lowest id.
    """
    direct = links.filter(links["older"])
    columns = {
        tables.PARTITION: shards_of(direct["a_place"].to_numpy()),
        "kind": direct["kind"],
        "place": direct["a_place"],
        "kept_id": direct["b"],
        "cosine": direct["cosine"],
    }
    return nearest(tables.build(schemas.OLDER, columns))


def nearest(older: pa.Table) -> pa.Table:
    """Keep of rows of OLDER the best of each place; sorted by place."""
    strength = pc.fill_null(older["cosine"], 2.0)
    order = [
        (tables.PARTITION, "ascending"),
        ("kind", "ascending"),
        ("place", "ascending"),
        ("strength", "descending"),
        ("kept_id", "ascending"),
    ]
    ranked = older.append_column("strength", strength)
    table = tables.taken(older, pc.sort_indices(ranked, order))
    again = repeats(table["place"]) & repeats(table["kind"])
    return table.filter(pa.array(~again))
