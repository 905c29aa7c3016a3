"""Give each image its realistic texts, text1 being the best (paper §4.1)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import reasons, schemas
from realsyn_tasks.retrieve.licensed import licensed
from realsyn_tasks.retrieve.limits import Limits, positions, taken
from realsyn_tasks.retrieve.pool import last_pool
from realsyn_tasks.retrieve.sampled import of_samples
from realsyn_tasks.retrieve.truth import K


class Config(StageConfig):
    """Nothing to choose: the stages before line up the texts, cap_hubs limits who gets them."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give up to three distinct texts per image of the shard; images without one are dropped.

    They are in the order of their choice: by the cross-encoder, or else by the score after the
    penalty for hubs.
    """
    images = licensed(inputs, "images", ["image_id"])["image_id"].to_pylist()
    candidates = inputs.table(last_pool(inputs), "candidates")
    limits = inputs.of_fit("cap_hubs", "hubs", Limits.of)
    matches = tables.taken(candidates, taken(candidates, limits, K))
    matches = tables.ordered(matches, ["image_id", "choice"])
    codes = chunks.codes_of(matches["image_id"])
    columns = {name: matches[name] for name in schemas.MATCHES.names}
    columns["rank"] = positions(codes).astype(np.int32)
    matched = set(matches["image_id"].to_pylist())
    why = _Unmatched(candidates)
    table = tables.build(schemas.MATCHES, columns)
    return Output(
        tables={"matches": table, "sampled": of_samples(inputs, table)},
        dropped=[why.dropped(image) for image in images if image not in matched],
    )


class _Unmatched:
    """Why images have no text."""

    def __init__(self, candidates: pa.Table) -> None:
        chosen = pc.greater(candidates["choice"], 0)
        self._near = set(candidates.filter(chosen)["image_id"].to_pylist())
        judged = candidates.filter(pc.is_valid(candidates["relevance"]))
        best = judged.group_by("image_id").aggregate([("relevance", "max")])
        names, estimates = best["image_id"].to_pylist(), best["relevance_max"].to_pylist()
        self._best = dict(zip(names, estimates, strict=True))

    def dropped(self, image: str) -> Dropped:
        if image in self._near:
            full = "all its candidates serve as many images as they may (cap_hubs)"
            return Dropped("image", image, reasons.NO_MATCH, full)
        if image in self._best:
            detail = f"{self._best[image]:.3f} is the highest estimate (fit_relevance)"
            return Dropped("image", image, reasons.NO_RELEVANT_TEXT, detail)
        low = "no candidate of pool_candidates.min_score"
        return Dropped("image", image, reasons.NO_MATCH, low)
