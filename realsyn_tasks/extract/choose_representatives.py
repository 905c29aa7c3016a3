"""Decide which duplicates go: of each group the item nearest its centroid stays (paper §3.1).

What older generations hold never changes. An item that is itself linked to one of their items
goes, and only it: the others of its group keep their own best. So each group of the whole corpus
has at least one item in it, in whatever order and portions its items came.

Ids and numbers of a partition's items are held, vectors on the scratch disk: a group may have
any number of items. One of a million takes 200 MB of the former and three readings of the latter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.core.chunks import taken_column
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.extract.kept_vectors import KeptVectors
from realsyn_tasks.extract.link_neighbours import EXACT, PERCEPTUAL, SEMANTIC
from realsyn_tasks.extract.neighbours import IMAGES, KINDS, Kind
from realsyn_tasks.extract.places import Places, shards_of
from realsyn_tasks.vectors.duplicates import representatives_by_portion

OLDER = reasons.OLDER_DUPLICATE.code
STRICT = {kind: PERCEPTUAL if kind is IMAGES else EXACT for kind in KINDS}
Rows = NDArray[np.int64]


class Config(StageConfig):
    """Nothing to choose."""


@dataclass(frozen=True)
class Items:
    """Items of one kind, by (group, id); (n,) each. An item may be at several places."""

    ids: pa.ChunkedArray
    groups: Places
    strict: Places
    firsts: Places
    older_ids: pa.ChunkedArray  # what they are too near to; null: nothing
    older_cosines: pa.ChunkedArray


@dataclass(frozen=True)
class Decision:
    """Some items that go, by row, and what of."""

    rows: Rows
    kept_ids: pa.ChunkedArray
    reasons: pa.ChunkedArray
    cosines: pa.ChunkedArray


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give, by shard of the crawl, a member row for each item that goes, with the one kept."""
    pieces = [part for _, part in inputs.stream("key_groups", "items")]
    everything = pa.concat_tables([schemas.GROUPED.empty_table(), *pieces])
    members = [schemas.MEMBERS.empty_table()]
    for kind in KINDS:
        placed = everything.filter(pc.equal(everything["kind"], kind.name))
        items = _items(placed)
        decisions = [_too_near_older(items)]
        with KeptVectors(context.scratch / kind.name) as vectors:
            for _, table in inputs.stream("key_groups", "vectors"):
                vectors.add(table.filter(pc.equal(table["kind"], kind.name)))
            decisions.append(_too_near_each_other(kind, items, vectors))
        members += [_everywhere(kind, items, placed, decision) for decision in decisions]
        members.append(_copied(kind, placed))
    order = [tables.PARTITION, "kind", "id", "shard"]
    table = pa.concat_tables(members)
    return Output(tables={"members": tables.ordered(table, order)})


def _items(placed: pa.Table) -> Items:
    """Take items of several places together; the nearest older item of any of them counts."""
    strength = pc.fill_null(placed["older_cosine"], 2.0)
    strength = pc.if_else(pc.is_null(placed["older_id"]), -2.0, strength)
    order = [("group", "ascending"), ("id", "ascending"), ("strength", "descending")]
    table = placed.append_column("strength", strength)
    order += [("older_id", "ascending"), ("place", "ascending")]
    table = tables.taken(table, pc.sort_indices(table, order))
    firsts = table["first"].to_numpy()
    new = np.append(True, firsts[1:] != firsts[:-1])[: len(firsts)]
    table = table.filter(pa.array(new))
    group, strict, first = (table[name].to_numpy() for name in ("group", "strict", "first"))
    return Items(table["id"], group, strict, first, table["older_id"], table["older_cosine"])


def _too_near_older(items: Items) -> Decision:
    rows = np.flatnonzero(pc.is_valid(items.older_ids).to_numpy())
    named = _text(np.repeat(OLDER, len(rows)))
    older, cosines = (taken_column(c, rows) for c in (items.older_ids, items.older_cosines))
    return Decision(rows, older, named, cosines)


def _too_near_each_other(kind: Kind, items: Items, vectors: KeptVectors) -> Decision:
    stored = vectors.rows_of(items.firsts)
    left = np.flatnonzero((stored >= 0) & pc.is_null(items.older_ids).to_numpy())
    parts = [
        (part.rows, part.kept, part.cosines)
        for part in representatives_by_portion(
            items.groups[left], lambda rows: vectors.read(stored[left[rows]])
        )
    ]
    none = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    gone, stay, cosines = (np.concatenate(column) for column in zip(none, *parts, strict=True))
    rows, kept = left[gone], left[stay]
    named = np.where(items.strict[rows] == items.strict[kept], STRICT[kind], SEMANTIC)
    return Decision(rows, taken_column(items.ids, kept), _text(named), pa.chunked_array([cosines]))


def _text(names: NDArray[np.str_]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(names.astype(object), pa.string())])


def _everywhere(kind: Kind, items: Items, placed: pa.Table, decision: Decision) -> pa.Table:
    """Tell a decision to each shard that holds an item."""
    order = np.argsort(items.firsts[decision.rows])
    firsts = items.firsts[decision.rows][order]
    own = placed["first"].to_numpy()
    spots = np.searchsorted(firsts, own)
    spots[spots == len(firsts)] = 0
    concerned = np.flatnonzero(firsts[spots] == own) if len(firsts) else np.zeros(0, np.int64)
    chosen = order[spots[concerned]]
    columns = {
        "id": taken_column(placed["id"], concerned),
        "shard": pa.nulls(len(concerned), pa.int32()),
        "kept_id": taken_column(decision.kept_ids, chosen),
        "reason": taken_column(decision.reasons, chosen),
        "cosine": taken_column(decision.cosines, chosen),
    }
    return _members(kind, placed["place"].to_numpy()[concerned], columns)


def _copied(kind: Kind, placed: pa.Table) -> pa.Table:
    """Let each further place of an item know that it is one."""
    further = placed.filter(pc.not_equal(placed["place"], placed["first"]))
    places = further["place"].to_numpy()
    columns = {
        "id": further["id"],
        "shard": shards_of(places),
        "kept_id": further["id"],
        "reason": np.repeat(EXACT, len(places)),
        "cosine": pa.nulls(len(places), pa.float32()),
    }
    return _members(kind, places, columns)


def _members(kind: Kind, places: Places, columns: dict[str, object]) -> pa.Table:
    keyed = {tables.PARTITION: shards_of(places), "kind": np.repeat(kind.name, len(places))}
    return tables.build(schemas.MEMBERS, {**keyed, **columns})
