"""Takes the duplicates out of a shard and puts its vectors beside what stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.core.stage import Dropped, Inputs
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.neighbours import Kind
from realsyn_tasks.extract.reasons import REASONS


def without_duplicates(
    inputs: Inputs,
    kind: Kind,
    sources: Sequence[tuple[str, str]],
    schema: pa.Schema,
) -> tuple[pa.Table, list[Dropped]]:
    """Give the rows of filtered tables that stay, side by side, and those that go.

    `sources` are stages and tables with a row for each item; of a column that several have, the
    last counts. Raises PermanentError when they are not of the same items.
    """
    items = [inputs.table(stage, name) for stage, name in sources]
    for (stage, _), other in zip(sources, items, strict=True):
        if not other[kind.id].equals(items[0][kind.id]):
            first = sources[0][0]
            raise PermanentError(f"{stage} has other items than {first}, or in another order")
    columns = {name: part[name] for part in items for name in part.column_names}
    table = tables.build(schema, columns)
    rows = _rows_that_go(inputs, kind, table[kind.id])
    dropped = [_dropped(kind, row) for row in rows.to_pylist()]
    gone = pc.is_in(table[kind.id], value_set=rows["id"])
    return table.filter(pc.invert(gone)), dropped


def _rows_that_go(inputs: Inputs, kind: Kind, ids: pa.ChunkedArray) -> pa.Table:
    """Read what was decided of this shard's items, in their order; that one is a copy counts most.

    A shard reads the members of its own items alone, so that memory is bounded by the shard.
    """
    members = members_of(inputs, kind)
    copies = members.filter(pc.is_valid(members["shard"]))
    others = members.filter(pc.is_null(members["shard"]))
    again = pc.is_in(others["id"], value_set=copies["id"])
    rows = pa.concat_tables([copies, others.filter(pc.invert(again))])
    places = pc.index_in(ids, value_set=rows["id"])
    return tables.taken(rows, places.drop_null().to_numpy())


def members_of(inputs: Inputs, kind: Kind) -> pa.Table:
    """Read the members of a kind that mean this shard."""
    pieces = (part for _, part in inputs.stream("choose_representatives", "members"))
    mine = (part.filter(pc.equal(part["kind"], kind.name)) for part in pieces)
    return pa.concat_tables([schemas.MEMBERS.empty_table(), *mine])


def _dropped(kind: Kind, row: dict[str, Any]) -> Dropped:
    near = "" if row["cosine"] is None else f", cosine {row['cosine']:.3f}"
    reason = REASONS[row["reason"]]
    return Dropped(kind.name, row["id"], reason, f"kept {row['kept_id']}{near}")
