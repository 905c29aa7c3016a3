"""Lay the pictures of a version out in a plane: principal components, then t-SNE.

Of a large version a seeded sample is laid out, 50,000 pictures at most; the rest has no place, and
is counted. Where the dataset has a map already, of the same encoder, pictures of it keep their
places and new ones are placed among them, so that who knows the old map finds her way; where too
few of them are in it, all are laid out anew.

Measured on one thread: 1,000 pictures 6 CPU-s, 50,000 pictures 112 (docs/ui.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.analyze import schemas
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.vectors import planar
from realsyn_tasks.vectors.hash_order import bottom_k, hash_order
from realsyn_tasks.vectors.planar import Components, Points
from realsyn_tasks.vectors.scan import Floats, Mask

TRUSTED = 2_000  # pictures that a map's trustworthiness is measured on


class Config(StageConfig):
    """How many pictures are laid out, and how; `frozen` is the earlier map that is kept."""

    most_points: int = Field(default=50_000, ge=1)
    components: int = Field(default=50, ge=2)  # principal, that neighbours are sought by
    perplexity: float = Field(default=30, ge=1)  # about so many neighbours pull at each
    steps: int = Field(default=500, ge=1)  # after 250 with attraction exaggerated
    min_shared: float = Field(default=0.25, ge=0, le=1)  # of the pictures; fewer: a new map
    frozen: str = ""  # set when the analysis is opened


@dataclass(frozen=True)
class Laid:
    """Pictures in a plane: what they were laid out by, their places, and how it went."""

    components: Components
    rows: Floats  # (n, m) coordinates on the components
    points: Points  # (n, 2)
    kept: Mask  # (n,) whose place is the earlier map's
    divergence: float | None = None  # of a map that was fitted


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the places of the drawn pictures, and the components that later ones are placed by."""
    drawn = inputs.table("measure_pairs", "drawn", ["key", "image_id"])
    order = hash_order(drawn["image_id"].to_pylist(), context.seed)
    chosen = tables.taken(drawn, bottom_k(order, config.most_points))
    vectors = _vectors(inputs, chosen["key"])
    laid = _into_earlier(inputs, config, chosen, vectors) or _anew(config, vectors)
    trusted = slice(0, TRUSTED)  # in random order
    quality = {
        "trustworthiness": planar.trustworthiness(laid.rows[trusted], laid.points[trusted]),
        "explained": planar.explained(vectors, laid.rows),
    }
    return Output(
        tables={"places": _places(chosen, laid), "components": _components(laid.components)},
        measures=quality | _measures(laid, drawn.num_rows - chosen.num_rows),
    )


def _vectors(inputs: Inputs, keys: pa.ChunkedArray) -> Floats:
    """Read the vectors of some pairs, in their order; (n, d)."""
    ordered = np.zeros((len(keys), 0), dtype=np.float32)
    for _, piece in inputs.stream("embed_pairs", "vectors", ["key", "embedding"]):
        places = pc.index_in(piece["key"], value_set=keys)
        wanted = pc.is_valid(places)
        if pc.any(wanted).as_py():
            vectors = tables.vectors_of(piece)
            if not ordered.shape[1]:
                ordered = np.zeros((len(keys), vectors.shape[1]), dtype=np.float32)
            known = wanted.to_numpy()
            ordered[places.filter(wanted).to_numpy()] = vectors[known]
    return ordered


def _anew(config: Config, vectors: Floats) -> Laid:
    components = Components.of(vectors, config.components)
    rows = components.project(vectors)
    points, divergence = planar.fitted(rows, config.perplexity, config.steps)
    return Laid(components, rows, points, np.zeros(len(rows), dtype=bool), divergence)


def _into_earlier(inputs: Inputs, config: Config, chosen: pa.Table, vectors: Floats) -> Laid | None:
    """Place pictures into the earlier map; None where there is none that fits, or it has few."""
    earlier = inputs.earlier_fit(config.frozen) if config.frozen else None
    if not earlier or not chosen.num_rows:
        return None
    components, places = _read_components(earlier["components"]), earlier["places"]
    known = pc.index_in(chosen["image_id"], value_set=places["image_id"])
    kept = pc.is_valid(known).to_numpy()
    if components.axes.shape[0] != vectors.shape[1] or kept.mean() < config.min_shared:
        return None
    reference, standing = tables.vectors_of(places), _points_of(places)
    rows = components.project(vectors)
    points = np.zeros((len(rows), 2), dtype=np.float32)
    points[kept] = standing[known.filter(pc.is_valid(known)).to_numpy()]
    points[~kept] = planar.placed(rows[~kept], reference, standing)
    return Laid(components, rows, points, kept)


def _points_of(places: pa.Table) -> Points:
    return np.stack([places["x"].to_numpy(), places["y"].to_numpy()], axis=1)


def _places(chosen: pa.Table, laid: Laid) -> pa.Table:
    columns = {name: chosen[name] for name in ("key", "image_id")}
    columns |= {"x": laid.points[:, 0], "y": laid.points[:, 1], "kept": laid.kept}
    return tables.build(schemas.PLACES, columns | {"embedding": laid.rows})


def _components(components: Components) -> pa.Table:
    rows = np.vstack([components.mean[None], components.axes.T])
    return tables.build(schemas.COMPONENTS, {"direction": rows.tolist()})


def _read_components(table: pa.Table) -> Components:
    rows = np.array(table["direction"].to_pylist(), dtype=np.float32)
    return Components(rows[0], np.ascontiguousarray(rows[1:].T))


def _measures(laid: Laid, left_out: int) -> dict[str, float]:
    kept, anew = int(laid.kept.sum()), laid.divergence is not None
    measures = {
        "pictures": len(laid.points),
        "left_out": left_out,
        "kept_places": kept,
        "placed": 0 if anew else len(laid.points) - kept,
        "fitted": int(anew),
    }
    left = {} if laid.divergence is None else {"divergence": laid.divergence}
    return {name: float(value) for name, value in measures.items()} | left
