"""Takes the duplicates out of a shard and puts its vectors beside what stays."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.core.stage import Context, Dropped, Inputs
from realsyn_tasks.extract.neighbours import Kind
from realsyn_tasks.extract.reasons import REASONS


def without_duplicates(
    inputs: Inputs, kind: Kind, source: str, schema: pa.Schema, context: Context
) -> tuple[pa.Table, list[Dropped]]:
    """Give the rows of a filtered table that stay, with their embedding, and those that go.

    Raises PermanentError when rows and vectors are not of the same items.
    """
    items = inputs.table(source, kind.table)
    vectors = inputs.table(kind.vectors, "vectors")
    if items[kind.id].to_pylist() != vectors[kind.id].to_pylist():
        raise PermanentError(f"{kind.vectors} has other items than {source}, or in another order")
    rows = _rows_that_go(inputs, kind, context.shard)
    columns = {name: items[name] for name in items.column_names}
    table = tables.build(schema, columns | {"embedding": vectors["embedding"]})
    names = pa.array(sorted(rows), type=pa.string())
    gone = pc.is_in(table[kind.id], value_set=names)
    dropped = [
        _dropped(kind, rows[identity]) for identity in table[kind.id].filter(gone).to_pylist()
    ]
    return table.filter(pc.invert(gone)), dropped


def _rows_that_go(inputs: Inputs, kind: Kind, shard: int) -> dict[str, dict[str, Any]]:
    """Read the members that mean this shard; a second copy counts as that first of all."""
    members = inputs.table("group_neighbours", "members")
    mine = pc.or_kleene(pc.equal(members["shard"], shard), pc.is_null(members["shard"]))
    wanted = pc.and_(pc.equal(members["kind"], kind.name), mine)
    rows = members.filter(wanted).to_pylist()
    rows.sort(key=lambda row: row["shard"] is not None)
    return {row["id"]: row for row in rows}


def _dropped(kind: Kind, row: dict[str, Any]) -> Dropped:
    near = "" if row["cosine"] is None else f", cosine {row['cosine']:.3f}"
    reason = REASONS[row["reason"]]
    return Dropped(kind.name, row["id"], reason, f"kept {row['kept_id']}{near}")
