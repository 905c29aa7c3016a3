"""Decide which duplicates go: of each group the item nearest its centroid stays (paper §3.1).

What older generations hold never changes. An item that is itself linked to one of their items
goes, and only it: the others of its group keep their own best. So each group of the whole corpus
has at least one item in it, in whatever order and portions its items came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.extract.link_neighbours import EXACT, PERCEPTUAL, SEMANTIC
from realsyn_tasks.extract.neighbours import KINDS, Kind, Vectors
from realsyn_tasks.vectors.duplicates import components, representatives
from realsyn_tasks.vectors.kmeans import unit

OLDER = reasons.OLDER_DUPLICATE.code
Member = dict[str, Any]  # a row of MEMBERS


class Config(StageConfig):
    """Nothing to choose."""


@dataclass(frozen=True)
class Groups:
    """The linked items of one kind, sorted by id, and whom each is grouped with."""

    ids: list[str]
    labels: dict[str, NDArray[np.int64]]  # by the weakest reason that counts
    older: dict[str, tuple[str, float | None]]  # id -> what it is too near to, and the cosine


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give a member row for each item that goes, with the one kept in its place."""
    links = _read(inputs, "links", schemas.LINKS)
    copies = _read(inputs, "copies", schemas.COPIES)
    rows: list[Member] = []
    for kind in KINDS:
        groups = _groups(links.filter(pc.equal(links["kind"], kind.name)))
        alone = set(groups.ids) <= set(groups.older)  # nobody has to be compared with another
        vectors = _vectors(inputs, kind, [] if alone else groups.ids)
        rows += _too_near_older(kind, groups)
        rows += _too_near_each_other(kind, groups, vectors)
        rows += _copied(kind, copies.filter(pc.equal(copies["kind"], kind.name)))
    order = ("kind", "id", "shard")
    return Output(tables={"members": tables.from_rows(schemas.MEMBERS, rows, order)})


def _read(inputs: Inputs, name: str, schema: pa.Schema) -> pa.Table:
    parts = [part for _, part in inputs.stream("link_neighbours", name)]
    return pa.concat_tables([schema.empty_table(), *parts])


def _groups(links: pa.Table) -> Groups:
    rows = links.to_pylist()
    ids = sorted({link["a"] for link in rows} | {link["b"] for link in rows if not link["older"]})
    number = {identity: row for row, identity in enumerate(ids)}
    labels, pairs = {}, [(row, row) for row in range(len(ids))]
    for reason in (EXACT, PERCEPTUAL, SEMANTIC):
        pairs += [
            (number[link["a"]], number[link["b"]])
            for link in rows
            if link["reason"] == reason and not link["older"]
        ]
        labels[reason] = components(len(ids), np.array(pairs, dtype=np.int64).reshape(-1, 2))
    return Groups(ids, labels, _nearest_older(rows))


def _nearest_older(rows: list[dict[str, Any]]) -> dict[str, tuple[str, float | None]]:
    """Choose the older item of the highest cosine; those linked by looks or letters come first."""
    nearest: dict[str, tuple[str, float | None]] = {}
    direct = [link for link in rows if link["older"]]
    for link in sorted(direct, key=lambda link: (link["a"], -_strength(link), link["b"])):
        nearest.setdefault(link["a"], (link["b"], link["cosine"]))
    return nearest


def _strength(link: dict[str, Any]) -> float:
    return 2.0 if link["cosine"] is None else float(link["cosine"])


def _vectors(inputs: Inputs, kind: Kind, ids: list[str]) -> Vectors:
    """Collect the (n, d) unit vectors of the linked items, shard by shard; none opens none."""
    if not ids:
        return np.zeros((0, 0), dtype=np.float32)
    wanted = pa.array(ids, type=pa.string())
    vectors = np.zeros((len(ids), 0), dtype=np.float32)
    for _, table in inputs.stream(kind.vectors, "vectors"):
        part = table.filter(pc.is_in(table[kind.id], value_set=wanted))
        if part.num_rows:
            part_vectors = tables.vectors_of(part)
            if not vectors.shape[1]:
                vectors = np.zeros((len(ids), part_vectors.shape[1]), dtype=np.float32)
            vectors[pc.index_in(part[kind.id], value_set=wanted).to_numpy()] = part_vectors
    return unit(vectors)  # float16 in tables: without this the two of a pair would not tie


def _too_near_older(kind: Kind, groups: Groups) -> Iterator[Member]:
    for identity, (kept, cosine) in groups.older.items():
        yield _member(kind, identity, kept, OLDER, cosine)


def _too_near_each_other(kind: Kind, groups: Groups, vectors: Vectors) -> Iterator[Member]:
    left = np.array(
        [row for row, identity in enumerate(groups.ids) if identity not in groups.older], int
    )
    if not len(left):
        return
    labels = groups.labels[SEMANTIC][left]
    keep = representatives(vectors[left], labels)
    kept_of = dict(zip(labels[keep].tolist(), left[keep].tolist(), strict=True))
    for row, label in zip(left[~keep].tolist(), labels[~keep].tolist(), strict=True):
        kept = kept_of[label]
        cosine = float(vectors[row] @ vectors[kept])
        yield _member(kind, groups.ids[row], groups.ids[kept], _reason(groups, row, kept), cosine)


def _reason(groups: Groups, row: int, kept: int) -> str:
    """Name the weakest kind of likeness that is needed to tie two items together."""
    for reason, labels in groups.labels.items():
        if labels[row] == labels[kept]:
            return reason
    raise ValueError(f"{groups.ids[row]} and {groups.ids[kept]} are not of one group")


def _copied(kind: Kind, copies: pa.Table) -> Iterator[Member]:
    for identity, shard in sorted(
        set(zip(*(copies[n].to_pylist() for n in ("id", "shard")), strict=True))
    ):
        yield _member(kind, identity, identity, EXACT, None) | {"shard": shard}


def _member(kind: Kind, identity: str, kept: str, reason: str, cosine: float | None) -> Member:
    return {
        "kind": kind.name,
        "id": identity,
        "shard": None,
        "kept_id": kept,
        "reason": reason,
        "cosine": cosine,
    }
