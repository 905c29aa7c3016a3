"""Give each image its realistic texts, text1 being the best (paper §4.1)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import reasons, schemas
from realsyn_tasks.retrieve.limits import Limits, positions, taken
from realsyn_tasks.retrieve.pool import last_pool
from realsyn_tasks.retrieve.truth import K


class Config(StageConfig):
    """Nothing to choose: pool_candidates lines up the texts, cap_hubs limits who gets them."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give up to three distinct texts per image of the shard; images without one are dropped.

    They are in the order of their choice: by the cross-encoder, or else by the score after the
    penalty for hubs.
    """
    images = inputs.table("corpus", "images", ["image_id"])["image_id"].to_pylist()
    candidates = inputs.table(last_pool(inputs), "candidates")
    limits = Limits.of(inputs.table("cap_hubs", "hubs"))
    matches = candidates.take(pa.array(taken(candidates, limits, K)))
    matches = matches.sort_by([("image_id", "ascending"), ("choice", "ascending")])
    codes = matches["image_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    columns = {name: matches[name] for name in schemas.MATCHES.names}
    columns["rank"] = positions(codes).astype(np.int32)
    matched = set(matches["image_id"].to_pylist())
    near = set(candidates.filter(pc.greater(candidates["choice"], 0))["image_id"].to_pylist())
    return Output(
        tables={"matches": tables.build(schemas.MATCHES, columns)},
        dropped=[_unmatched(image, near) for image in images if image not in matched],
    )


def _unmatched(image: str, near: set[str]) -> Dropped:
    full = "all its candidates serve as many images as they may (cap_hubs)"
    low = "no candidate of pool_candidates.min_score"
    return Dropped("image", image, reasons.NO_MATCH, full if image in near else low)
