"""With what an item was merged as a near-duplicate, and what ties the group together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import arrow_files, tables
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract import schemas

MOST_LINKS = 50  # of a group: templates have thousands of copies
Group = dict[str, Any]
ShardsOf = Callable[[Sequence[str], str, str], list[int]]  # of ids, a stage and its table


def group_of(workspace: Workspace, identity: str, shards_of: ShardsOf) -> Group | None:
    """Give the group of an item in an extract: who stays, who goes and why, what links them.

    None for an item that is near no other. `shards_of` names the shards of a stage's table that
    bear some ids: no others are read.
    """
    rows = partial(_rows, workspace, shards_of)
    own = rows("choose_representatives", "members", ("id", "kept_id"), [identity])
    if not own.num_rows:
        return None
    is_kept = pc.any(pc.equal(own["kept_id"], identity)).as_py()
    kept = identity if is_kept else own["kept_id"][0].as_py()
    gone = rows("choose_representatives", "members", ("kept_id", "kept_id"), [kept])
    merged = _different(tables.ordered(gone.select(["id", "reason", "cosine"]), ["id"]).to_pylist())
    everyone = [kept, *(row["id"] for row in merged[:MOST_LINKS])]
    links = rows("link_neighbours", "links", ("a", "b"), everyone, MOST_LINKS)
    return {
        "run": workspace.folder,
        "kind": own["kind"][0].as_py(),
        "kept": kept,
        "merged": merged,
        "links": links.drop_columns(["a_place", "b_place"]).to_pylist(),
    }


def lines(group: Group) -> list[str]:
    """Say for people what the group is."""
    gone = group["merged"]
    said = [
        f"{group['run']}: {group['kind']} {group['kept']} stays for {len(gone)} near-duplicates"
    ]
    said += [f"    {one['id']}  {one['reason']}{_near(one)}" for one in gone]
    said += [f"    {one['a']} - {one['b']}: {one['reason']}{_near(one)}" for one in group["links"]]
    return said


def _near(row: dict[str, Any]) -> str:
    return "" if row["cosine"] is None else f", cosine {row['cosine']:.3f}"


def _different(rows: list[Group]) -> list[Group]:
    """Leave out what is said of an item again, as each shard that holds it is told."""
    return [row for number, row in enumerate(rows) if row not in rows[max(0, number - 1) : number]]


def _rows(
    workspace: Workspace,
    shards_of: ShardsOf,
    stage: str,
    name: str,
    columns: tuple[str, str],
    ids: list[str],
    most: int | None = None,
) -> pa.Table:
    """Read the rows of a table of a stage that have an id in either column."""
    schema = schemas.MEMBERS if name == "members" else schemas.LINKS
    parts = [schema.empty_table()]
    wanted = pa.array(ids, pa.string())
    shards = shards_of(ids, stage, name)
    for _, commit in sorted(workspace.ledger(stage).find_each(shards).items()):
        if name in commit.objects:
            for piece in arrow_files.pieces(workspace.storage, commit.objects[name]):
                first, second = (pc.is_in(piece[column], value_set=wanted) for column in columns)
                parts.append(piece.filter(pc.or_(first, second)).cast(schema))
        if most is not None and sum(part.num_rows for part in parts) >= most:
            break
    return pa.concat_tables(parts).slice(0, most)
