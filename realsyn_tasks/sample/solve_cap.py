"""Solve for the cap per cluster that gives exactly the target number of pairs (paper §3.3).

The paper's caps of 20, 35 and 180 cannot give its three sizes on one clustering, so the cap
follows from the target. Where it would miss the target by a remainder, the next pair in line is
kept in some clusters: in those where it comes first in a random order over all clusters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.sample import schemas
from realsyn_tasks.vectors.balance import cap_for_target


class Config(StageConfig):
    """Nothing to choose: the target is the build's."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give one row: keep rank < cap, and rank == cap where order < order_limit.

    With fewer pairs than wanted all are kept, and the measure `share_of_target` says so.
    """
    sizes = _column(inputs, "sizes", "size")
    available = int(sizes.sum())
    cap, remainder = cap_for_target(sizes, context.target)
    row = {
        "cap": cap,
        "remainder": remainder,
        "order_limit": _order_limit(inputs, cap, remainder) if remainder else 0,
        "target": context.target,
        "available": available,
    }
    measures = {name: float(row[name]) for name in ("cap", "remainder", "target", "available")}
    measures["clusters"] = float(len(sizes))
    measures["clusters_over_cap"] = float((sizes > cap).sum())
    measures["share_of_target"] = min(1.0, available / max(1, context.target))
    return Output(tables={"cap": tables.from_rows(schemas.CAP, [row])}, measures=measures)


def _order_limit(inputs: Inputs, cap: int, remainder: int) -> int:
    """Give the place in the order before which `remainder` of the next in line stand.

    There is one next in line per cluster larger than the cap, always more than the remainder.
    """
    orders = []
    for _, piece in inputs.stream("rank_pairs", "ranks", ["rank", "order"]):
        orders.append(piece["order"].to_numpy()[piece["rank"].to_numpy() == cap])
    return int(np.partition(np.concatenate(orders), remainder)[remainder])


def _column(inputs: Inputs, name: str, column: str) -> np.ndarray[Any, Any]:
    pieces = [piece[column].to_numpy() for _, piece in inputs.stream("rank_pairs", name, [column])]
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
