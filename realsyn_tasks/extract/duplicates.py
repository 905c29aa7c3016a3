"""Takes the duplicates out of a shard and puts its vectors beside what stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.core.stage import Context, Dropped, Inputs
from realsyn_tasks.extract.neighbours import Kind
from realsyn_tasks.extract.reasons import REASONS


def without_duplicates(
    inputs: Inputs,
    kind: Kind,
    sources: Sequence[tuple[str, str]],
    schema: pa.Schema,
    context: Context,
) -> tuple[pa.Table, list[Dropped]]:
    """Give the rows of filtered tables that stay, side by side, and those that go.

    `sources` are stages and tables with a row for each item; of a column that several have, the
    last counts. Raises PermanentError when they are not of the same items.
    """
    items = [inputs.table(stage, name) for stage, name in sources]
    for (stage, _), other in zip(sources, items, strict=True):
        if other[kind.id].to_pylist() != items[0][kind.id].to_pylist():
            first = sources[0][0]
            raise PermanentError(f"{stage} has other items than {first}, or in another order")
    rows = _rows_that_go(inputs, kind, context.shard)
    columns = {name: part[name] for part in items for name in part.column_names}
    table = tables.build(schema, columns)
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
