"""With what an item was merged as a near-duplicate, and what ties the group together."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract import schemas

MOST_LINKS = 50  # of a group: templates have thousands of copies
Group = dict[str, Any]


def group_of(workspace: Workspace, identity: str) -> Group | None:
    """Give the group of an item in an extract: who stays, who goes and why, what links them.

    None for an item that is near no other. Reads the members, and the links of that group alone.
    """
    members = _tables(workspace, "group_neighbours", "members")
    own = members.filter(_either(members, ("id", "kept_id"), [identity]))
    if not own.num_rows:
        return None
    is_kept = pc.any(pc.equal(own["kept_id"], identity)).as_py()
    kept = identity if is_kept else own["kept_id"][0].as_py()
    gone = members.filter(pc.equal(members["kept_id"], kept)).sort_by("id")
    everyone = [kept, *gone["id"].to_pylist()]
    links = _tables(workspace, "link_neighbours", "links")
    tied = links.filter(_either(links, ("a", "b"), everyone)).slice(0, MOST_LINKS)
    return {
        "run": workspace.folder,
        "kind": own["kind"][0].as_py(),
        "kept": kept,
        "merged": gone.select(["id", "reason", "cosine"]).to_pylist(),
        "links": tied.to_pylist(),
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


def _either(table: pa.Table, columns: tuple[str, str], ids: list[str]) -> pa.ChunkedArray:
    first, second = (pc.is_in(table[name], value_set=pa.array(ids)) for name in columns)
    return pc.or_(first, second)


def _tables(workspace: Workspace, stage: str, name: str) -> pa.Table:
    """Read a table of all commits of a stage."""

    schema = schemas.MEMBERS if name == "members" else schemas.LINKS
    parts = [schema.empty_table()]
    for _, commit in sorted(workspace.ledger(stage).commits().items()):
        if name in commit.objects:
            workspace.storage.verify(commit.objects[name])
            with arrow_files.opened(workspace.storage, commit.objects[name].path) as source:
                parts.append(pq.read_table(source))
    return pa.concat_tables(parts)
