"""A root of very many small shards with all that names an item: crawl, corpus, build, version.

Rows are those of `tests.fabricated_rows`, and all markers hold. DISTINCT shards have tables of
their own wherever items are looked for by them; shards beyond name the tables of an earlier one, so
that an index has as many rows and a scan as many shards as if they did not. Those that are `asked`
for are their own in all stages; of stages that are opened only in the shard that bears a thing, the
others name the tables of shard 0. No gate is asked.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from typing import cast

import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.commits import DROPPED, Commit
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.core.workspace import Promotion, Workspace
from realsyn_tasks.kinds import CORPUS
from realsyn_tasks.report.item_index import bearings_of
from tests import fabricated, fabricated_rows
from tests import fabricated_contents as contents
from tests.fabricated_contents import Made

DISTINCT = 1_000
CHOSEN = 8  # pairs of a shard that are published; what else is in the band is over the cap
TOGETHER = 100  # shards of the corpus in one of the version; those asked for are in the last
Make = Callable[[Workspace, str, int], Made]
Objects = dict[str, ObjectRef]


def asked(shards: int) -> list[int]:
    """Number the shards that share nothing: the last of all, and one in each tenth before."""
    return [shards * tenth // 10 - 1 for tenth in range(5, 11)]


def fabricate(root: Path, shards: int) -> Workspace:
    """Fill a root; give its build, whose pairs are published."""
    extract = fabricated.open_extract(root, "pages", shards)
    _commit_group(extract, "extract", contents.extract)
    build = fabricated.build(root, CHOSEN * shards, published=_last(shards) + 1)
    for group, make in MAKERS.items():
        _commit_group(build, group, make)
    return build


def _commit_group(workspace: Workspace, group: str, make: Make) -> None:
    """Commit every shard of every stage of a group, and promote it."""
    stages = [stage for stage in workspace.stages() if stage.group == group]
    unsigned: dict[str, list[Commit]] = {}
    for axis in dict.fromkeys(stage.axis for stage in stages):
        unsigned |= _written(workspace, [s for s in stages if s.axis == axis], make)
    planner = Planner(workspace, objects=False)  # asks for a stage once it is written
    for stage in stages:
        _sign(workspace, planner, stage, unsigned[stage.name])
    if publish := workspace.pipeline.group(group).hook("promotion"):
        publish(workspace)
    planned = {stage.name: planner.status(stage).digest for stage in stages}
    pointer = Promotion(group=group, gate="", stages=planned).model_dump_json()
    workspace.storage.replace(workspace.promotion_path(group), pointer.encode())


def _written(workspace: Workspace, stages: list[Stage], make: Make) -> dict[str, list[Commit]]:
    """Write the objects of the stages along an axis; give their markers, without fingerprints."""
    commits: dict[str, list[Commit]] = {stage.name: [] for stage in stages}
    shards = workspace.config.shards(stages[0].axis)
    borne = {bearing.stage for bearing in bearings_of(workspace)} | {"export"}
    own = {0, *asked(shards)}
    for shard in range(shards):
        for stage in stages:
            mine = commits[stage.name]
            if shard in own or (stage.name in borne and shard < DISTINCT):
                mine.append(_commit(workspace, stage, shard, make(workspace, stage.name, shard)))
            else:
                like = mine[shard % DISTINCT if stage.name in borne else 0]
                mine.append(like.model_copy(update={"shard": shard}))
    return commits


def _commit(workspace: Workspace, stage: Stage, shard: int, made: Made) -> Commit:
    objects = _objects(workspace, stage, shard, made)
    return fabricated.marker(stage, shard, made, "", f"{shard:012x}", objects)


def _objects(workspace: Workspace, stage: Stage, shard: int, made: Made) -> Objects:
    folder = f"{workspace.folder}/{stage.name}/shard={shard:05d}"
    os.makedirs(_path(workspace, folder))
    part = f"{folder}/part-{shard:012x}"
    dropped = {DROPPED: (_dropped(tuple(made.dropped)), len(made.dropped))}
    written = {name: (_parquet(table), table.num_rows) for name, table in made.tables.items()}
    blobs = {name: (data, None) for name, data in made.blobs.items()}
    objects = {}
    for name, (data, rows) in {**written, **dropped, **blobs}.items():
        path = f"{part}-{name}.{'tar' if rows is None else 'parquet'}"
        _write(_path(workspace, path), data)
        held = sha256(data).hexdigest()
        objects[name] = ObjectRef(path=path, size=len(data), sha256=held, rows=rows)
    return objects


@lru_cache(maxsize=64)  # most stages drop nothing
def _dropped(items: tuple[Dropped, ...]) -> bytes:
    return _parquet(tables.dropped_table(items))


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    tables.write_table(table, cast(Path, out))  # pyarrow writes to files as well
    return out.getvalue()


def _path(workspace: Workspace, path: str) -> str:
    return f"{workspace.storage.uri.removeprefix('file://')}/{path}"


def _write(path: str, data: bytes) -> None:
    with open(path, "xb", buffering=0) as file:
        file.write(data)


def _sign(workspace: Workspace, planner: Planner, stage: Stage, commits: list[Commit]) -> None:
    """Write the markers of a stage, each with the fingerprint that the planner expects."""
    folder = _path(workspace, f"{workspace.folder}/{stage.name}/_commits")
    os.makedirs(folder)
    inputs = planner.fingerprints.inputs_of_all(stage)
    fingerprints = planner.fingerprints.of_columns(stage, inputs, len(commits))
    each = zip(*inputs.values(), strict=True) if inputs else repeat((), len(commits))
    for commit, fingerprint, values in zip(commits, fingerprints, each, strict=True):
        held = {name: value for name, value in zip(inputs, values, strict=True) if value}
        signed = commit.model_copy(update={"fingerprint": fingerprint, "inputs": held})
        _write(f"{folder}/{commit.shard:05d}.json", signed.model_dump_json().encode())


def _sample(workspace: Workspace, stage: str, shard: int) -> Made:
    """Give what a stage of sample puts out."""
    shards = workspace.config.shards(CORPUS.axis)
    if stage == "export":
        return contents.export(published(shards, shard), shard)
    if stage == "balance":
        chosen_ids = {pair["image_id"] for pair in chosen(shard)}
        return contents.balance(shard, chosen_ids, lambda number: place(shards, shard)[0])
    if stage == "rank_pairs":
        return contents.sizes(fabricated_rows.in_band(fabricated_rows.pairs_of(0)), times=shards)
    if stage == "solve_cap":
        held = {"target": CHOSEN * shards, "available": CHOSEN * shards, "cap": 3 * shards}
        return Made(measures={name: float(count) for name, count in held.items()})
    return contents.sample(workspace, stage, shard)


def chosen(shard: int) -> fabricated_rows.Rows:
    """Give the pairs of a shard of the corpus that are published, in their order."""
    return fabricated_rows.in_band(fabricated_rows.pairs_of(shard))[:CHOSEN]


def place(shards: int, shard: int) -> tuple[int, int]:
    """Say in which shard of the version the pairs of one of the corpus are, and from which row."""
    where = _last(shards) if shard in asked(shards) else shard % DISTINCT // TOGETHER
    return where, CHOSEN * _members(shards, where).index(shard)


def published(shards: int, where: int) -> fabricated_rows.Rows:
    """Give the pairs of a shard of the version."""
    return [dict(pair) for shard in _members(shards, where) for pair in chosen(shard)]


def _last(shards: int) -> int:
    return -(-min(shards, DISTINCT) // TOGETHER)


def _members(shards: int, where: int) -> list[int]:
    if where == _last(shards):
        return asked(shards)
    first, own = where * TOGETHER, asked(shards)
    return [n for n in range(first, min(first + TOGETHER, shards, DISTINCT)) if n not in own]


MAKERS = {"retrieve": contents.retrieve, "synthesize": contents.synthesize, "sample": _sample}
