"""Keep at most `cap` pairs of each cluster, and send them to the shards of the dataset."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.pictures.pixels import read_at
from realsyn_tasks.sample import reasons, schemas
from realsyn_tasks.sample.group import DATASET
from realsyn_tasks.sample.orders import Purpose, order_of


class Config(StageConfig):
    """Nothing to choose: the target is the build's, the cap is solved for."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Take the shard's pairs under the cap, with the bytes of their images."""
    pairs = tables.ordered(inputs.table("filter_pairs", "pairs"), ["image_id"])
    ranks = tables.ordered(inputs.table("rank_pairs", "ranks"), ["image_id"])
    if not pairs["image_id"].equals(ranks["image_id"]):
        raise ValueError("rank_pairs and filter_pairs hold different images")
    [cap] = inputs.table("solve_cap", "cap").to_pylist()
    pairs = pairs.append_column("cluster_id", ranks["cluster_id"])
    keep = kept(ranks["rank"].to_numpy(), ranks["order"].to_numpy(), cap)
    chosen = pairs.filter(pa.array(keep))
    columns = {name: chosen[name] for name in chosen.column_names}
    columns["partition"] = _partitions(chosen, context)
    columns["image"] = _images(inputs, chosen["image_id"])
    return Output(
        tables={"pairs": tables.build(schemas.CHOSEN_PAIRS, columns)},
        dropped=_over_cap(ranks.filter(pa.array(~keep)), cap["cap"]),
    )


def kept(
    ranks: np.ndarray[Any, Any], orders: np.ndarray[Any, Any], cap: dict[str, int]
) -> np.ndarray[Any, Any]:
    """Say which pairs stay; (n,) bool."""
    limit = np.uint64(cap["order_limit"])
    keep: np.ndarray[Any, Any] = (ranks < cap["cap"]) | ((ranks == cap["cap"]) & (orders < limit))
    return keep


def _partitions(chosen: pa.Table, context: Context) -> np.ndarray[Any, Any]:
    order = order_of(chosen["image_id"].to_pylist(), context.seed, Purpose.SHARD)
    return (order % np.uint64(context.axes[DATASET])).astype(np.int32)


def _images(inputs: Inputs, wanted: pa.ChunkedArray) -> pa.Array:
    """Read the bytes of the wanted images out of the corpus shard, in order."""
    places = inputs.table("corpus", "images", ["image_id", "offset", "length"])
    rows = pc.index_in(wanted, value_set=places["image_id"])
    spans = tables.taken(places.select(["offset", "length"]), rows.to_numpy()).to_pylist()
    with inputs.blob("corpus", "pixels") as pixels:
        return pa.array([read_at(pixels, **span) for span in spans], pa.large_binary())


def _over_cap(ranks: pa.Table, cap: int) -> list[Dropped]:
    rows = ranks.select(["image_id", "cluster_id"]).to_pylist()
    where = [f"cluster {row['cluster_id']}, cap {cap}" for row in rows]
    return [
        Dropped("pair", row["image_id"], reasons.OVER_CAP, detail)
        for row, detail in zip(rows, where, strict=True)
    ]
